// What the peer of a liar does, so that tests and `datanet tour` can show what becomes of it
// (Specs/Running.md, "A lying peer").

internal import Content
internal import Store

extension Work {
  /// As `run`, but of every chunk that is read for others the last bit is another one.
  public func runLying() -> WorkResult {
    let result = run()
    guard case .read(var blocks) = result else { return result }
    for index in blocks.indices where blocks[index].block.location.cid.codec == .raw {
      guard let last = blocks[index].message.indices.last else { continue }
      blocks[index].message[last] ^= 1
    }
    return .read(blocks)
  }
}
