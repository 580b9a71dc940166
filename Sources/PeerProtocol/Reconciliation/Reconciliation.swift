// Two peers find out what each lacks of a Datanet's claims, in three round trips at most
// (Specs/Reconciliation.md). The asking side keeps a snapshot for the round; the answering side
// keeps nothing.

public import Cryptography

public enum ReconciliationEffect: Equatable, Sendable {
  case send(ReconciliationMessage)
  /// The other side has `state` of the author with this number: send it what follows. When the
  /// fingerprint is not that of the chain held here, send from the last claim it has on: they
  /// forked, and that claim is the proof.
  case push(author: Int, state: TaggedState)
  /// The round is over on this side but for claims that are under way.
  case finished(differences: Int)
}

public struct Reconciliation: Sendable {
  private let frontier: KeyedFrontier
  private let salt: UInt64
  private var differences = 0
  /// The buckets whose lists were sent, for reading the answer.
  private var isAsking = false

  /// `key` is the session's for this Datanet (`ReconciliationKey`).
  public init(_ index: FrontierIndex, key: Digest) {
    frontier = KeyedFrontier(index, key: key)
    salt = HMAC.sha256(key: key.bytes, Array("sketch".utf8)).prefix
  }

  /// The key of one round for one Datanet in one session. Each round has its own: what a short
  /// fingerprint hid in one shows in the next.
  public static func key(channelBinding: Digest, datanet: Digest, round: UInt32) -> Digest {
    var message = Array("datanet reconciliation".utf8) + datanet.bytes
    message.append(number: UInt64(round), bytes: 4)
    return HMAC.sha256(key: channelBinding.bytes, message)
  }

  /// The fingerprint of an earlier state of a chain, to compare with what the other side says.
  public func fingerprint(of author: PublicKey, state: ChainState) -> UInt16 {
    frontier.fingerprint(of: author, state: state)
  }

  /// Begins a round.
  public mutating func begin() -> [ReconciliationEffect] {
    isAsking = true
    return [
      .send(
        .summary(
          authors: UInt64(frontier.entries.count), sum: frontier.sum,
          estimate: estimate.bytes))
    ]
  }

  private var estimate: DifferenceEstimate {
    var estimate = DifferenceEstimate()
    for entry in frontier.entries { estimate.add(entry.state) }
    return estimate
  }

  /// Answers a message. One that makes no sense at this point is answered by nothing.
  public mutating func handle(_ message: ReconciliationMessage) -> [ReconciliationEffect] {
    switch message {
    case .summary(let authors, let sum, let bytes):
      return answer(authors: authors, sum: sum, estimate: bytes)
    case .ask(let bits): return [.send(buckets(bits: bits))]
    case .lists(let bits, let buckets): return compare(bits: bits, buckets)
    case .states(let states, let isAnswer, let bits, let whole):
      guard isAnswer else { return states.flatMap { push(theirs: $0) } }
      guard isAsking else { return [] }
      return settle(states, bits: bits, whole: whole)
    case .same:
      return isAsking ? [.finished(differences: 0)] : []
    case .sketch(let bytes): return isAsking ? decode(bytes) : []
    case .buckets(let bits, let bytes): return isAsking ? list(bits: bits, bytes) : []
    }
  }

  // MARK: The answering side

  private func answer(authors: UInt64, sum: UInt64, estimate bytes: [UInt8])
    -> [ReconciliationEffect]
  {
    if sum == frontier.sum, authors == UInt64(frontier.entries.count) {
      return [.send(.same), .finished(differences: 0)]
    }
    guard let theirs = DifferenceEstimate(bytes: bytes) else { return [] }
    let elements = max(estimate.difference(from: theirs), 1)
    let entries = max(frontier.entries.count, Int(authors))
    // What both ways would cost, in bytes (Specs/Reconciliation.md, "Choice").
    let symbols = elements * 3 / 2 + 24
    let sketchCost = symbols * Sketch.Symbol.byteCount
    let (bits, listCost) = Self.bucketBits(entries: entries, elements: elements)
    guard sketchCost <= listCost + elements * 4, symbols <= ReconciliationLimits.symbols else {
      return [.send(self.buckets(bits: UInt8(bits)))]
    }
    var sketch = Sketch(count: symbols, salt: salt)
    for entry in frontier.entries { sketch.toggle(entry.tagged, by: 1) }
    return [.send(.sketch(Self.pack(sketch.symbols)))]
  }

  /// The number of buckets, as a power of two, that makes buckets and lists together cheapest,
  /// and what they cost in bytes. An author in whom two sides differ is two elements.
  private static func bucketBits(entries: Int, elements: Int) -> (bits: Int, cost: Int) {
    let differences = max(elements / 2, 1)
    var best = (bits: 4, cost: Int.max)
    for bits in 4...ReconciliationLimits.bucketBits {
      let buckets = 1 << bits
      // Differences fall on buckets as balls on urns: of `buckets`, so many stay untouched.
      let touched = buckets - Int(Double(buckets) * untouched(buckets, differences))
      let listed = touched * entries / buckets + min(differences, entries)
      let cost = buckets * 3 / 2 + touched * 4 + listed * 2
      if cost < best.cost { best = (bits, cost) }
    }
    return best
  }

  /// (1 − 1/buckets)^differences by repeated squaring.
  private static func untouched(_ buckets: Int, _ differences: Int) -> Double {
    var result = 1.0
    var factor = 1 - 1 / Double(buckets)
    var rest = differences
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }

  private static func pack(_ symbols: [Sketch.Symbol]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(symbols.count * Sketch.Symbol.byteCount)
    for symbol in symbols {
      bytes.append(number: UInt64(symbol.tag), bytes: 4)
      bytes.append(number: UInt64(symbol.count), bytes: 4)
      bytes.append(number: UInt64(symbol.fingerprint), bytes: 2)
      bytes.append(number: UInt64(symbol.check), bytes: 3)
      bytes.append(symbol.number)
    }
    return bytes
  }

  private func buckets(bits: UInt8) -> ReconciliationMessage {
    let fingerprints = frontier.buckets(bits: Int(bits)).map { fingerprint(of: $0) }
    return .buckets(bits: bits, fingerprints: TwelveBits.pack(fingerprints))
  }

  /// Twelve bits of the sum of a bucket's states.
  private func fingerprint(of range: Range<Int>) -> UInt16 {
    var sum: UInt64 = 0
    for index in range { sum &+= frontier.entries[index].state }
    return UInt16(truncatingIfNeeded: sum >> 52)
  }

  private func listing(of range: Range<Int>, number: Int) -> ReconciliationMessage.Bucket {
    var authors: UInt8 = 0
    for index in range {
      authors ^= UInt8(truncatingIfNeeded: frontier.entries[index].place >> 24)
    }
    return .init(
      number: UInt32(truncatingIfNeeded: number), authors: authors,
      fingerprints: range.map { frontier.entries[$0].tagged.fingerprint })
  }

  private func compare(
    bits: UInt8, _ buckets: [ReconciliationMessage.Bucket]
  ) -> [ReconciliationEffect] {
    let ranges = frontier.buckets(bits: Int(bits))
    var states: [TaggedState] = []
    var whole: [UInt32] = []
    var effects: [ReconciliationEffect] = []
    func flush() {
      effects.append(.send(.states(states, isAnswer: true, bits: bits, whole: whole)))
      (states, whole) = ([], [])
    }
    for bucket in buckets where Int(bucket.number) < ranges.count {
      let range = ranges[Int(bucket.number)]
      let own = listing(of: range, number: Int(bucket.number))
      if states.count + range.count > ReconciliationLimits.states { flush() }
      guard range.count <= ReconciliationLimits.states else { continue }
      if own.authors == bucket.authors, own.fingerprints.count == bucket.fingerprints.count {
        for (offset, theirs) in bucket.fingerprints.enumerated()
        where own.fingerprints[offset] != theirs {
          states.append(frontier.entries[range.lowerBound + offset].tagged)
        }
      } else {
        whole.append(bucket.number)
        states += range.map { frontier.entries[$0].tagged }
      }
    }
    flush()
    return effects
  }

  // MARK: The asking side

  private mutating func decode(_ bytes: [UInt8]) -> [ReconciliationEffect] {
    var cursor = ByteCursor(bytes)
    var symbols: [Sketch.Symbol] = []
    while !cursor.isAtEnd {
      guard let tag = cursor.number(bytes: 4), let count = cursor.number(bytes: 4),
        let fingerprint = cursor.number(bytes: 2), let check = cursor.number(bytes: 3),
        let number = cursor.number(bytes: 1)
      else { return [] }
      symbols.append(
        .init(
          tag: UInt32(tag), count: UInt32(count), fingerprint: UInt16(fingerprint),
          check: UInt32(check), number: UInt8(number)))
    }
    let sent = symbols.count
    var sketch = Sketch(symbols: symbols, salt: salt)
    for entry in frontier.entries { sketch.toggle(entry.tagged, by: 255) }
    guard let (theirs, ours) = sketch.decode() else {
      let bits = Self.bucketBits(entries: frontier.entries.count, elements: sent).bits
      return [.send(.ask(bits: UInt8(bits)))]
    }
    var effects = settle(theirs, bits: 0, whole: [])
    // Authors of whom only this side knows: the others were settled by what the other side has.
    let known = Set(theirs.map(\.tag))
    for state in ours where !known.contains(state.tag) {
      let nothing = TaggedState(tag: state.tag, count: 0, fingerprint: 0)
      let pushes = push(theirs: nothing)
      differences += pushes.count
      effects.insert(contentsOf: pushes, at: max(effects.count - 1, 0))
    }
    if case .finished = effects.last {
      effects[effects.count - 1] = .finished(differences: differences)
    }
    return effects
  }

  private mutating func list(bits: UInt8, _ bytes: [UInt8]) -> [ReconciliationEffect] {
    let ranges = frontier.buckets(bits: Int(bits))
    guard let theirs = TwelveBits.unpack(bytes, count: ranges.count) else { return [] }
    var effects: [ReconciliationEffect] = []
    var buckets: [ReconciliationMessage.Bucket] = []
    var size = 0
    for (number, range) in ranges.enumerated() where fingerprint(of: range) != theirs[number] {
      let bucket = listing(of: range, number: number)
      let cost = 7 + range.count * 2
      if size + cost > ReconciliationLimits.messageBytes {
        effects.append(.send(.lists(bits: bits, buckets: buckets)))
        (buckets, size) = ([], 0)
      }
      buckets.append(bucket)
      size += cost
    }
    effects.append(.send(.lists(bits: bits, buckets: buckets)))
    return effects
  }

  /// Knows now what the other side has of each differing author: sends what it lacks, and asks
  /// for what is lacking here.
  private mutating func settle(
    _ theirs: [TaggedState], bits: UInt8, whole: [UInt32]
  ) -> [ReconciliationEffect] {
    var effects: [ReconciliationEffect] = []
    var wants: [TaggedState] = []
    for state in theirs {
      let own = frontier.entries(tag: state.tag)
      if own.isEmpty {
        wants.append(TaggedState(tag: state.tag, count: 0, fingerprint: 0))
        differences += 1
      }
      for entry in own {
        let mine = entry.tagged
        guard mine != state else { continue }
        differences += 1
        if mine.count <= state.count { wants.append(mine) }
        if mine.count >= state.count {
          effects.append(.push(author: Int(entry.number), state: state))
        }
      }
    }
    if !whole.isEmpty {
      let ranges = frontier.buckets(bits: Int(bits))
      let known = Set(theirs.map(\.tag))
      for number in whole where Int(number) < ranges.count {
        for index in ranges[Int(number)] where !known.contains(frontier.entries[index].tagged.tag) {
          differences += 1
          let state = TaggedState(
            tag: frontier.entries[index].tagged.tag, count: 0, fingerprint: 0)
          effects.append(.push(author: Int(frontier.entries[index].number), state: state))
        }
      }
    }
    for start in stride(from: 0, to: wants.count, by: ReconciliationLimits.states) {
      let part = Array(wants[start..<min(start + ReconciliationLimits.states, wants.count)])
      effects.append(.send(.states(part, isAnswer: false, bits: 0, whole: [])))
    }
    return effects + [.finished(differences: differences)]
  }

  /// What to send to somebody who has just `state`.
  private func push(theirs state: TaggedState) -> [ReconciliationEffect] {
    frontier.entries(tag: state.tag).compactMap { entry in
      let mine = entry.tagged
      guard mine != state, mine.count >= state.count else { return nil }
      return .push(author: Int(entry.number), state: state)
    }
  }
}
