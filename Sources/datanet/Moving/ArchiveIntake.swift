// Takes an archive's parts into a store: claims where they belong, blocks to the packs
// (Specs/Archives.md, "Import").

import Claims
import Content
import Cryptography
import Store
import Terminal

final class ArchiveIntake {
  struct Result {
    var blocks = 0
    var newBlocks = 0
    var claims = 0
    var newClaims = 0
    var datanets: [CID] = []
    var report = ClaimImporter.Report()
  }

  /// Blocks are made durable at the latest when so many bytes wait.
  private static let bytesPerCommit = 256 << 20

  private let store: Store
  private let importer: ClaimImporter
  private let writer: BlockWriter
  private var roots: [CID] = []
  private var result = Result()
  private var uncommitted = 0
  /// Datanets that this archive made known; their genesis claims are new too.
  private var joined = 0

  init(_ store: Store) throws {
    self.store = store
    importer = ClaimImporter(store.claims)
    writer = try store.blocks.writer()
  }

  func take(_ part: CARReader.Part) throws {
    switch part {
    case .roots(let roots): self.roots = roots
    case .block(let block):
      if try takeClaim(block) { return }
      result.blocks += 1
      if try writer.put(block) {
        result.newBlocks += 1
        uncommitted += block.bytes.count
      }
      if uncommitted >= ArchiveIntake.bytesPerCommit {
        try writer.commit()
        uncommitted = 0
      }
    }
  }

  /// Whether the block has a claim's shape: a list of a statement and a signature. Its signature is
  /// checked by the importer, before it is stored.
  private func takeClaim(_ block: Block) throws -> Bool {
    guard block.cid.codec == .dagCBOR, block.bytes.first == 0x82,
      let claim = try? Claim(stored: block.bytes)
    else { return false }
    if claim.isGenesis, try store.claims.genesis(of: claim.cid) == nil {
      // A genesis is checked here, since its Datanet must be known before its other claims come.
      try store.claims.join(try Claim(verifying: block.bytes))
      joined += 1
    }
    if claim.isGenesis { result.datanets.append(claim.cid) }
    result.claims += 1
    try importer.add(block.bytes)
    return true
  }

  /// Makes everything durable and says what there was. To be called once.
  func finish() throws -> Result {
    try writer.commit()
    result.report = try importer.finish()
    result.newClaims = result.report.counted + joined
    if let error = result.report.firstError {
      throw Failure.refused(
        "\(Quantity.count(result.report.invalid, "claim is", "claims are")) not what they say: "
          + "\(error); the rest is kept")
    }
    if result.claims == 0 {
      for root in roots where try store.blocks.has(root) { try store.blocks.pin(root) }
    }
    return result
  }
}
