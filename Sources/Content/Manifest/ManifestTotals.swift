// The sums that a manifest's trees carry, by which they are searched (Specs/Manifests.md, "Trees").

/// What a part of a contribution holds.
public struct ManifestTotals: Hashable, Sendable {
  /// Chunks in a tree of chunks, files in a tree of files.
  public var items: UInt64
  public var bytes: UInt64
  public var records: UInt64
  /// Records that did not parse; always 0 in a tree of chunks.
  public var unparsed: UInt64

  public init(items: UInt64 = 0, bytes: UInt64 = 0, records: UInt64 = 0, unparsed: UInt64 = 0) {
    self.items = items
    self.bytes = bytes
    self.records = records
    self.unparsed = unparsed
  }

  /// Totals stay below this, so that sums of any two can be made.
  static let maximum: UInt64 = 1 << 60
  /// Chunks or files stay below this: a tree can name one subtree many times, and whoever walks it
  /// must come to an end. A terabyte of records has 2²⁶ chunks.
  static let maximumItems: UInt64 = 1 << 32

  /// Nil beyond what can be counted.
  func adding(_ other: ManifestTotals) -> ManifestTotals? {
    let sum = ManifestTotals(
      items: items &+ other.items, bytes: bytes &+ other.bytes, records: records &+ other.records,
      unparsed: unparsed &+ other.unparsed)
    return isCountable && other.isCountable && sum.isCountable ? sum : nil
  }

  private var isCountable: Bool {
    items < Self.maximumItems && bytes < Self.maximum && records < Self.maximum
      && unparsed < Self.maximum
  }
}
