// Many messages through SHA-256, two at a time where the CPU has the instructions
// (Specs/ContentAddresses.md, "Decisions").

internal import CSHA256

extension SHA256 {
  /// The digests of `ranges` of `bytes`, in order.
  public static func hash(_ bytes: RawSpan, at ranges: [Range<Int>]) -> [Digest] {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe hash(ranges.map { unsafe UnsafeRawBufferPointer(rebasing: buffer[$0]) })
    }
  }

  /// The digests of messages that lie anywhere, in order.
  public static func hash(_ messages: [UnsafeRawBufferPointer]) -> [Digest] {
    guard unsafe messages.count > 1, hasPairs else {
      return unsafe messages.map { unsafe hash($0) }
    }
    var digests = [Digest](repeating: Digest(words: (0, 0, 0, 0)), count: unsafe messages.count)
    var next = 0
    /// A finished message makes place for the next one; false when there is none.
    func refill(_ lane: inout Lane) -> Bool {
      while unsafe lane.count == 0 {
        if unsafe lane.isInTail {
          unsafe digests[lane.message] = unsafe lane.digest
          guard unsafe next < messages.count else { return false }
          unsafe lane.begin(messages[next], number: next)
          next += 1
        } else {
          unsafe lane.beginTail()
        }
      }
      return true
    }
    var one = unsafe Lane(messages[0], number: 0)
    var two = unsafe Lane(messages[1], number: 1)
    defer {
      unsafe one.free()
      unsafe two.free()
    }
    next = 2
    while true {
      let oneGoesOn = unsafe refill(&one)
      let twoGoesOn = unsafe refill(&two)
      switch (oneGoesOn, twoGoesOn) {
      case (true, true):
        let count = unsafe min(one.count, two.count)
        unsafe sha256_blocks_of_two(one.state, one.blocks, two.state, two.blocks, count)
        unsafe one.advance(count)
        unsafe two.advance(count)
      case (true, false): unsafe one.advanceAlone()
      case (false, true): unsafe two.advanceAlone()
      case (false, false): return digests
      }
    }
  }

  /// Looked up once for the process.
  private static let hasPairs = sha256_pair_is_here()
}

/// One of two messages under way.
@unsafe private struct Lane {
  /// The fractional parts of the square roots of the first eight primes (FIPS 180-4, 5.3.3).
  private static let start: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  private(set) var message: Int
  let state: UnsafeMutablePointer<UInt32>
  /// The next blocks, and how many of them lie there.
  private(set) var blocks: UnsafePointer<UInt8>
  private(set) var count: Int
  private(set) var isInTail = false
  private var bytes: UnsafeRawBufferPointer
  /// The last one or two blocks: what is left of the message, a bit, and its length.
  private let tail: UnsafeMutablePointer<UInt8>
  /// Where the other half of the instructions works when there is no other message.
  private let idle: UnsafeMutablePointer<UInt32>

  init(_ bytes: UnsafeRawBufferPointer, number: Int) {
    unsafe state = .allocate(capacity: 8)
    unsafe idle = .allocate(capacity: 8)
    unsafe idle.initialize(repeating: 0, count: 8)
    unsafe tail = .allocate(capacity: 128)
    unsafe tail.initialize(repeating: 0, count: 128)
    unsafe blocks = UnsafePointer(tail)
    unsafe count = 0
    unsafe message = number
    unsafe self.bytes = bytes
    unsafe begin(bytes, number: number)
  }

  func free() {
    unsafe state.deallocate()
    unsafe idle.deallocate()
    unsafe tail.deallocate()
  }

  mutating func begin(_ bytes: UnsafeRawBufferPointer, number: Int) {
    unsafe message = number
    unsafe self.bytes = bytes
    unsafe isInTail = false
    unsafe count = bytes.count / 64
    for word in 0..<8 { unsafe state[word] = Self.start[word] }
    if let base = bytes.baseAddress {
      unsafe blocks = base.assumingMemoryBound(to: UInt8.self)
    }
  }

  mutating func beginTail() {
    unsafe isInTail = true
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes.suffix(bytes.count % 64))
    unsafe count = rest.count < 56 ? 1 : 2
    unsafe tail.update(repeating: 0, count: 128)
    if let last = rest.baseAddress {
      unsafe UnsafeMutableRawPointer(tail).copyMemory(from: last, byteCount: rest.count)
    }
    unsafe tail[rest.count] = 0x80
    let bits = unsafe UInt64(bytes.count) << 3
    for place in 0..<8 {
      unsafe tail[count * 64 - 1 - place] = UInt8(truncatingIfNeeded: bits >> UInt64(place * 8))
    }
    unsafe blocks = UnsafePointer(tail)
  }

  mutating func advance(_ done: Int) {
    unsafe blocks += done * 64
    unsafe count -= done
  }

  mutating func advanceAlone() {
    unsafe sha256_blocks_of_two(state, blocks, idle, blocks, count)
    unsafe advance(count)
  }

  var digest: Digest {
    func word(_ at: Int) -> UInt64 { unsafe UInt64(state[at]) << 32 | UInt64(state[at + 1]) }
    return Digest(words: (word(0), word(2), word(4), word(6)))
  }
}
