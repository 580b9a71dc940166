// A fraud proof as a file that anybody checks alone: a CARv1 archive of its block and chunks
// (Specs/Proofs.md, "Fraud proof").

import Attribution
import Checkpoints
import Content
import Learning
import Terminal

enum ProofFile {
  /// A state and its proof.
  private static let byteLimit = 8 << 30

  static func write(_ finding: VerificationFinding, to path: String) throws {
    guard let proof = finding.proof else { return }
    let cid = CID(of: proof, codec: .dagCBOR)
    var bytes = try CARWriter.header(roots: [cid])
    bytes += CARWriter.sectionHead(cid, byteCount: proof.count) + proof
    for chunk in finding.chunks {
      bytes +=
        CARWriter.sectionHead(CID(of: chunk, codec: .raw), byteCount: chunk.count) + chunk
    }
    try AtomicFile.write(bytes, to: path)
  }

  /// Takes the one step that the proof is about. A proof that shows a lie refutes the run.
  static func check(
    _ path: String, _ run: RunUnderTest, _ context: Context
  ) throws -> VerificationFinding {
    guard MappedFile.exists(path) else { throw Failure.notFound("\(path) does not exist") }
    let bytes = try MappedFile.contents(of: path, limit: byteLimit)
    var blocks: [CID: [UInt8]] = [:]
    var root: CID?
    var reader = CARReader()
    try reader.push(bytes) { part in
      switch part {
      case .block(let block): blocks[block.cid] = block.bytes
      case .roots(let roots): root = roots.first
      }
    }
    try reader.finish()
    guard let root, let block = blocks[root] else {
      throw Failure.refused("\(path) holds no proof")
    }
    return try check(FraudProof(block: block), run, context) { blocks[$0] }
  }

  static func check(
    _ proof: FraudProof, _ run: RunUnderTest, _ context: Context,
    source: @escaping (CID) throws -> [UInt8]?
  ) throws -> VerificationFinding {
    try run.evidence.check()
    let trainer = try run.trainer()
    let started = Moment.monotonic()
    let evidence = run.evidence
    let finding: FraudFinding?
    switch proof.refutation {
    case .step(let before, let claimed, let state):
      let signed =
        evidence.signed
        ?? RunEvidence.Signed(
          root: evidence.transcript.root, steps: evidence.stepCount, shares: nil)
      finding = try FraudCheck.step(
        before: before, claimed: claimed, state: state, evidence: evidence, signed: signed,
        trainer: trainer, source: source)
    default:
      finding = try FraudCheck.published(
        proof.refutation, evidence: evidence, trainer: trainer,
        kept: { try run.keptState(after: $0, layout: trainer.state.layout) },
        adapter: run.adapter)
    }
    let took = Quantity.duration(Moment.monotonic() - started)
    switch finding {
    case .confirmed(let what):
      context.output.text("The proof shows it, in \(took).")
      return VerificationFinding(.refuted, what)
    case .unfounded(let what):
      return VerificationFinding(.held, "The proof shows nothing, in \(took): \(what).")
    case nil:
      return VerificationFinding(.unavailable, "what the proof points at is not here")
    }
  }
}
