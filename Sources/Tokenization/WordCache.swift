// Remembers the tokens of words met before, in bounded memory; see Specs/Tokenizers.md, "Speed".

/// Text repeats its words, so most of them are looked up instead of merged. A table that fills is
/// emptied; a look-up walks a bounded number of slots.
struct WordCache: Sendable {
  /// Longer words are merged each time.
  static let longest = 64
  /// Words that are remembered at most.
  private static let capacity = 1 << 15
  private static let slotCount = 1 << 16
  private static let probes = 8

  private struct Slot {
    var hash: UInt64 = 0
    var key: UInt32 = 0
    var value: UInt32 = 0
    var keyLength: UInt16 = 0
    var valueLength: UInt16 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: slotCount)
  private var keys: [UInt8] = []
  /// Id in the low half, length in bytes in the high half.
  private(set) var values: [UInt64] = []
  private var count = 0

  /// Where in `values` the tokens of the word are.
  @inline(always) func find(
    _ text: Span<UInt8>, _ start: Int, _ end: Int, hash: UInt64
  ) -> Range<Int>? {
    var index = Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
    for _ in 0..<Self.probes {
      let slot = slots[index]
      if slot.keyLength == 0 { return nil }
      if slot.hash == hash, Int(slot.keyLength) == end - start {
        let key = Int(slot.key)
        var same = true
        for offset in 0..<(end - start) where keys[key + offset] != text[start + offset] {
          same = false
          break
        }
        if same { return Int(slot.value)..<Int(slot.value) + Int(slot.valueLength) }
      }
      index = (index + 1) & (Self.slotCount - 1)
    }
    return nil
  }

  mutating func insert(_ text: Span<UInt8>, _ start: Int, _ end: Int, hash: UInt64, _ word: Word) {
    if count >= Self.capacity {
      slots = Array(repeating: Slot(), count: Self.slotCount)
      keys.removeAll(keepingCapacity: true)
      values.removeAll(keepingCapacity: true)
      count = 0
    }
    var index = Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
    for _ in 0..<Self.probes {
      if slots[index].keyLength == 0 {
        slots[index] = Slot(
          hash: hash, key: UInt32(truncatingIfNeeded: keys.count),
          value: UInt32(truncatingIfNeeded: values.count),
          keyLength: UInt16(truncatingIfNeeded: end - start),
          valueLength: UInt16(truncatingIfNeeded: word.ids.count))
        for position in start..<end { keys.append(text[position]) }
        for position in word.ids.indices {
          values.append(UInt64(word.lengths[position]) << 32 | UInt64(word.ids[position]))
        }
        count += 1
        return
      }
      index = (index + 1) & (Self.slotCount - 1)
    }
  }
}
