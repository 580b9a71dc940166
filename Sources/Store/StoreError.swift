// What the store itself refuses or finds wrong, on one line. Specs/Store.md, "Refusals".

public import Content

public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No pack and no file in place holds the block.
  case missing(CID)
  /// The bytes that lie where the block should be are not the block.
  case damaged(CID, path: String, offset: Int)
  /// A file that is seeded in place is not what it was when it was added.
  case changedInPlace(path: String)
  /// A block is larger than any may be.
  case tooLarge(Int)
  /// Bytes do not have the address they were given under.
  case wrongAddress(CID)
  /// The home has no store.
  case noStore(String)
  /// The home has a store already.
  case storeExists(String)
  /// What would be stored goes beyond the quota that its owner set.
  case quota(bytes: Int, needed: Int)
  /// Another process is collecting or checking.
  case collectionRunning
  /// The person stopped the work; so many new bytes are kept for the next attempt.
  case cancelled(kept: Int)

  public var description: String {
    switch self {
    case .missing(let cid):
      "block \(cid) is not here; import an archive that has it, or add its file again"
    case .damaged(let cid, let path, let offset):
      "block \(cid) is damaged in \(path) at byte \(offset); datanet fsck repairs what it can"
    case .changedInPlace(let path):
      "\(path) has changed since it was added in place; it is not served until fsck finds it as it was "
        + "or it is added again"
    case .tooLarge(let count):
      "a block of \(count) bytes is larger than \(Block.maximumByteCount)"
    case .wrongAddress(let cid): "the bytes given for \(cid) have another address"
    case .noStore(let home): "there is no store in \(home); datanet init makes one"
    case .storeExists(let home): "there is a store in \(home) already"
    case .quota(let bytes, let needed):
      "the quota of \(bytes) bytes is reached, \(needed) more are needed; datanet gc frees space"
    case .collectionRunning: "another gc or fsck is running in this home; wait for it"
    case .cancelled(let kept):
      "stopped; \(kept) new bytes are kept, so that the next attempt goes on from there"
    }
  }
}
