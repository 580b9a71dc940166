// Blocks read together into one piece of memory, each behind a head for whoever sends it.
// Specs/Store.md, "Reading".

internal import Content
internal import Cryptography

/// What was read, as it will be sent. Nothing is hashed here: the blocks were checked when they were
/// stored, and whoever gets them checks them again.
public struct BlockBatch: Sendable {
  public let bytes: [UInt8]
  /// Where each block lies with its head; nil for one that has to be read alone.
  public let places: [Range<Int>?]

  /// Neighbours in a pack are read with one system call.
  public init(reading locations: [BlockLocation], head: (Int) -> [UInt8]) {
    let heads = locations.indices.map(head)
    var places: [Range<Int>?] = []
    places.reserveCapacity(locations.count)
    var end = 0
    for (index, location) in locations.enumerated() {
      guard location.storedBytes != nil else {
        places.append(nil)
        continue
      }
      let start = end
      end += heads[index].count + location.byteCount
      places.append(start..<end)
    }
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: end) { buffer, used in
      let memory = UnsafeMutableRawBufferPointer(buffer)
      BlockRun(locations: locations).forEachRun { range, _ in
        guard case .pack(let files, let place) = locations[range.lowerBound].place,
          places[range.lowerBound] != nil
        else { return }
        var parts: [UnsafeMutableRawBufferPointer] = unsafe []
        for index in range {
          guard let whole = places[index] else { return }
          let start = whole.lowerBound + heads[index].count
          unsafe memory[whole].copyBytes(from: heads[index])
          unsafe parts.append(
            UnsafeMutableRawBufferPointer(rebasing: memory[start..<whole.upperBound]))
        }
        guard let file = try? Self.file(place.pack, files),
          (try? unsafe file.read(into: parts, at: place.offset)) == true
        else {
          for index in range {
            if let whole = places[index] {
              unsafe memory[whole].initializeMemory(as: UInt8.self, repeating: 0)
            }
            places[index] = nil
          }
          return
        }
      }
      used = end
    }
    self.places = places
  }

  /// The pack that has the number now: a collection may have removed one that is open still.
  private static func file(_ pack: UInt32, _ files: PackFiles) throws(DiskError) -> any DiskFile {
    let file = try files.reader(pack)
    if file.isLinked() { return file }
    files.forget(pack)
    return try files.reader(pack)
  }
}
