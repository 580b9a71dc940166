// Proofs of shares and of fraud, which strangers hand to anybody (Specs/Proofs.md).

import Attribution
import Content
import Cryptography
import Learning

let proofDecoders: [Decoder] = [
  Decoder("share-proof", seeds: { [shareProof()] }) { bytes in
    guard let value = try? Value(decoding: bytes), let proof = try? ShareProof(value) else {
      return nil
    }
    _ = proof.shown
    return proof.value.encoded() == bytes ? nil : "the proof changed when it was read and written"
  },
  Decoder("fraud-proof", seeds: { [fraudProof(), FraudProof(run: link, .shares).value.encoded()] })
  { bytes in
    guard let proof = try? FraudProof(block: bytes) else { return nil }
    if case .step(let before, let claimed, _) = proof.refutation {
      _ = before.isCommitted(by: SHA256.hash([1]), steps: 9)
      _ = claimed.isCommitted(by: SHA256.hash([1]), steps: claimed.entry.step)
    }
    return proof.value.encoded() == bytes ? nil : "the proof changed when it was read and written"
  },
]

private let link = CID(of: [1], codec: .dagCBOR)

private func shareProof() -> [UInt8] {
  let leaves = (0..<11).map { SumNode(leaf: SHA256.hash([UInt8($0)]), sum: Int64($0) - 3) }
  guard let tree = try? SumTree(leaves), let proof = ShareProof([2..<5, 7..<8], in: tree) else {
    return []
  }
  return proof.value.encoded()
}

private func fraudProof() -> [UInt8] {
  var transcript = Transcript(recipe: link)
  for step in 0..<5 {
    transcript.append(
      StepEntry(
        step: step, state: SHA256.hash([UInt8(step)]), loss: 0.5, records: [step],
        contributions: [Int64(step)],
        reading: YardstickReading(gradient: SHA256.hash([9]), loss: 2)))
  }
  guard let (file, _) = try? ChunkedFile.cut([1, 2, 3]) else { return [] }
  let refutation = Refutation.step(
    before: CommittedEntry(transcript, step: 2), claimed: CommittedEntry(transcript, step: 3),
    state: file)
  return FraudProof(run: link, refutation).value.encoded()
}
