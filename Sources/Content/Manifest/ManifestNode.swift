// The nodes of a manifest's two trees as values (Specs/Manifests.md, "Trees").

/// What stands in the leaves of a tree: a chunk or a file.
public protocol ManifestItem: Sendable {
  var totals: ManifestTotals { get }
  /// The one key of a leaf's map that holds its items.
  static var leafKey: String { get }
  /// No leaf and no branch holds more.
  static var maximumCount: Int { get }
  init(decoding value: Value) throws(ManifestError)
  /// Refuses an item that may not stand behind `previous`.
  func checkPlace(behind previous: Self) throws(ManifestError)
  /// By which a tree of files is searched; nil in a tree of chunks.
  var searchPath: ManifestPath? { get }
  static func branch(_ value: Value) throws(ManifestError) -> ManifestBranch
  /// Reads a leaf without making values of it. Nil for everything that is not plainly a leaf as
  /// specified: what it is `ManifestNode` says.
  static func leaf(_ bytes: [UInt8]) -> ManifestNode<Self>?
}

extension ManifestItem {
  public static func leaf(_ bytes: [UInt8]) -> ManifestNode<Self>? { nil }
}

/// A chunk in its place.
public struct ChunkEntry: Hashable, Sendable {
  public let cid: CID
  public let byteCount: Int
  /// How many records begin in it.
  public let recordCount: Int
}

/// A subtree: its block and its sums.
public struct ManifestBranch: Hashable, Sendable {
  public let cid: CID
  public let totals: ManifestTotals
  /// In a tree of files the last path below; nil in a tree of chunks.
  public let lastPath: ManifestPath?
}

/// One node, read and checked.
public enum ManifestNode<Item: ManifestItem>: Sendable {
  /// `outline` names the block that holds the outlines of a leaf's chunks.
  case leaf([Item], outline: CID?)
  case branch([ManifestBranch])

  public init(decoding value: Value) throws(ManifestError) {
    guard let map = value.map else { throw ManifestError(.shape, "a node is not a map") }
    if let values = map[Item.leafKey]?.array {
      let outline = map["outline"]?.link
      guard map.entries.count == (outline == nil ? 1 : 2) else {
        throw ManifestError(.shape, "a leaf has other keys")
      }
      try Self.check(values.count)
      var items: [Item] = []
      items.reserveCapacity(values.count)
      for value in values {
        let item = try Item(decoding: value)
        if let last = items.last { try item.checkPlace(behind: last) }
        items.append(item)
      }
      self = .leaf(items, outline: outline)
    } else if let values = map["nodes"]?.array, map.entries.count == 1, !values.isEmpty {
      try Self.check(values.count)
      var branches: [ManifestBranch] = []
      branches.reserveCapacity(values.count)
      for value in values {
        let branch = try Item.branch(value)
        if let last = branches.last?.lastPath, let path = branch.lastPath, !(last < path) {
          throw ManifestError(.order, "'\(path)' after '\(last)'")
        }
        branches.append(branch)
      }
      self = .branch(branches)
    } else {
      throw ManifestError(.shape, "a node has neither '\(Item.leafKey)' nor 'nodes'")
    }
  }

  private static func check(_ count: Int) throws(ManifestError) {
    guard count <= Item.maximumCount else {
      throw ManifestError(.limit, "a node with \(count) entries, at most \(Item.maximumCount)")
    }
  }

  public var count: Int {
    switch self {
    case .leaf(let items, _): items.count
    case .branch(let branches): branches.count
    }
  }

  /// The path of the last file below; nil in a tree of chunks.
  var lastPath: ManifestPath? {
    switch self {
    case .leaf(let items, _): items.last?.searchPath
    case .branch(let branches): branches.last?.lastPath
    }
  }

  func totals(at index: Int) -> ManifestTotals {
    switch self {
    case .leaf(let items, _): items[index].totals
    case .branch(let branches): branches[index].totals
    }
  }

  /// The sum over all entries.
  func totals() throws(ManifestError) -> ManifestTotals {
    var sum = ManifestTotals()
    for index in 0..<count {
      guard let next = sum.adding(totals(at: index)) else {
        throw ManifestError(.sum, "counts are too large to be true")
      }
      sum = next
    }
    return sum
  }
}

extension ChunkEntry: ManifestItem {
  public static var leafKey: String { "chunks" }
  public static var maximumCount: Int { ManifestBuilder.maximumChunkFanout }

  public var totals: ManifestTotals {
    ManifestTotals(items: 1, bytes: UInt64(byteCount), records: UInt64(recordCount))
  }

  public init(decoding value: Value) throws(ManifestError) {
    guard let fields = value.array, fields.count == 3, let cid = fields[0].link,
      cid.codec == .raw, let bytes = fields[1].integer(as: Int.self),
      let records = fields[2].integer(as: Int.self),
      (1...Block.maximumByteCount).contains(bytes), (0...bytes).contains(records)
    else { throw ManifestError(.shape, "a chunk's entry is not as specified") }
    self.init(cid: cid, byteCount: bytes, recordCount: records)
  }

  public func checkPlace(behind previous: ChunkEntry) throws(ManifestError) {}

  public var searchPath: ManifestPath? { nil }

  public static func branch(_ value: Value) throws(ManifestError) -> ManifestBranch {
    guard let fields = value.array, fields.count == 4, let cid = fields[0].link,
      cid.codec == .dagCBOR, let bytes = fields[1].integer(as: UInt64.self),
      let records = fields[2].integer(as: UInt64.self),
      let chunks = fields[3].integer(as: UInt64.self)
    else { throw ManifestError(.shape, "a branch's entry is not as specified") }
    return ManifestBranch(
      cid: cid, totals: ManifestTotals(items: chunks, bytes: bytes, records: records),
      lastPath: nil)
  }
}

extension ChunkEntry {
  /// Lists of chunks are long, and read whole before anything can be asked for.
  public static func leaf(_ bytes: [UInt8]) -> ManifestNode<ChunkEntry>? {
    do {
      var decoder = DagCBORDecoder(bytes)
      let fields = try decoder.map()
      guard bytes.count <= Value.maximumByteCount, fields == 1 || fields == 2 else { return nil }
      try decoder.key("chunks")
      let count = try decoder.array()
      guard count <= maximumCount else { return nil }
      var items: [ChunkEntry] = []
      items.reserveCapacity(count)
      for _ in 0..<count {
        guard try decoder.array() == 3 else { return nil }
        let cid = try decoder.link()
        let (bytes, records) = (try decoder.unsigned(), try decoder.unsigned())
        guard cid.codec == .raw, (1...UInt64(Block.maximumByteCount)).contains(bytes),
          records <= bytes
        else { return nil }
        items.append(
          ChunkEntry(cid: cid, byteCount: Int(bytes), recordCount: Int(records)))
      }
      var outline: CID?
      if fields == 2 {
        try decoder.key("outline")
        outline = try decoder.link()
      }
      try decoder.finish()
      return .leaf(items, outline: outline)
    } catch {
      return nil
    }
  }
}

extension FileEntry: ManifestItem {
  public static var leafKey: String { "files" }
  public static var maximumCount: Int { ManifestBuilder.maximumFileFanout }

  public var totals: ManifestTotals {
    ManifestTotals(items: 1, bytes: bytes, records: records, unparsed: unparsed)
  }

  public init(decoding value: Value) throws(ManifestError) { try self.init(value) }

  public func checkPlace(behind previous: FileEntry) throws(ManifestError) {
    guard previous.path < path else {
      throw ManifestError(.order, "'\(path)' after '\(previous.path)'")
    }
    guard !path.isInside(previous.path) else {
      throw ManifestError(.order, "'\(previous.path)' is a file and a folder")
    }
  }

  public var searchPath: ManifestPath? { path }

  public static func branch(_ value: Value) throws(ManifestError) -> ManifestBranch {
    guard let fields = value.array, fields.count == 6, let cid = fields[0].link,
      cid.codec == .dagCBOR, let path = fields[1].text,
      let files = fields[2].integer(as: UInt64.self),
      let bytes = fields[3].integer(as: UInt64.self),
      let records = fields[4].integer(as: UInt64.self),
      let unparsed = fields[5].integer(as: UInt64.self)
    else { throw ManifestError(.shape, "a branch's entry is not as specified") }
    let totals = ManifestTotals(items: files, bytes: bytes, records: records, unparsed: unparsed)
    return ManifestBranch(cid: cid, totals: totals, lastPath: try ManifestPath(path))
  }
}
