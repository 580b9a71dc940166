// What a person wants of a Datanet: everything, its claims alone, or what is pinned.
// Specs/Running.md, "Following".

public import Content
public import Cryptography

/// How much of a Datanet a peer fetches and offers.
public enum FollowMode: Int, Sendable, CaseIterable {
  /// Nothing: it is not shared, and its claims stay as they are.
  case none = 0
  /// Claims, and no chunk.
  case claims = 1
  /// Claims, and the chunks of what is pinned.
  case pinned = 2
  /// Claims, and the chunks of every contribution that counts.
  case all = 3

  /// As it is typed and shown.
  public var name: String {
    switch self {
    case .none: "none"
    case .claims: "claims"
    case .pinned: "pinned"
    case .all: "all"
    }
  }
}

public struct Following: Equatable, Sendable {
  /// The genesis claim, which may not be here yet.
  public var datanet: CID
  public var mode: FollowMode
  /// The key of a private Datanet: nil for one that everybody may join who knows its ID.
  public var key: Digest?

  public init(datanet: CID, mode: FollowMode = .all, key: Digest? = nil) {
    self.datanet = datanet
    self.mode = mode
    self.key = key
  }
}

/// Something that is kept of a Datanet that is followed for its pins.
public struct Pin: Hashable, Sendable {
  public var datanet: CID
  /// The contribution, yardstick or base; nil means every contribution that counts.
  public var claim: CID?
  /// A file, or a folder with all in it; nil means all files.
  public var path: String?
  /// Records of the file by their numbers; nil means all.
  public var records: Range<Int>?

  public init(
    datanet: CID, claim: CID? = nil, path: String? = nil, records: Range<Int>? = nil
  ) {
    self.datanet = datanet
    self.claim = claim
    self.path = path
    self.records = records
  }

  /// Whether the pin means the file at `path`.
  public func includes(path other: String) -> Bool {
    guard let path else { return true }
    return other == path || (other.hasPrefix(path) && other.dropFirst(path.count).first == "/")
  }
}
