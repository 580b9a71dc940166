// What a collection frees, or would free. Specs/Store.md, "Collection".

public struct CollectOptions: Sendable {
  /// Only say what would be freed.
  public var dryRun = false
  /// A pack is rewritten when this share of its bytes is needed by nobody; 0 rewrites every pack
  /// with anything to free.
  public var leastGarbage = 0.1
  /// How long to wait for sessions that were there before.
  public var patienceMilliseconds = 10_000

  public init() {}
}

public struct CollectionReport: Equatable, Sendable {
  /// Blocks that something needs.
  public var keptBlocks = 0
  /// Blocks that nothing needs, and their bytes.
  public var garbageBlocks = 0
  public var garbageBytes = 0
  /// Bytes by which the packs became smaller, or would.
  public var freedBytes = 0
  /// Packs that were rewritten or removed, or would be.
  public var packs = 0
  /// Files in place that nothing needs any more; the files themselves are never touched.
  public var inPlaceFiles = 0
  /// Packs left alone because somebody is writing them.
  public var busyPacks = 0
  /// True when sessions that began earlier are still running: collect again when they are done.
  public var isHeldBack = false
  /// Packs left alone because a block in them is damaged: check the store first.
  public var damagedPacks = 0

  public init() {}
}
