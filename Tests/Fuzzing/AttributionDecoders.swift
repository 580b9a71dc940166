// What strangers send with runs: snapshots and proofs of shares; and an index of words whose file
// was damaged (Specs/Snapshots.md, Specs/Shares.md, Specs/Trace.md).

import Attribution
import Claims
import Content
import Cryptography

let attributionDecoders: [Decoder] = [
  Decoder("contributor proof", seeds: { [contributorProof()] }) { bytes in
    guard let value = try? Value(decoding: bytes), let proof = try? ContributorProof(value) else {
      return nil
    }
    _ = proof.shown
    return proof.value.encoded() == bytes ? nil : "the proof changed when it was read and written"
  },
  Decoder("snapshot", seeds: { [snapshotRoot(), snapshotPart(), snapshotSources()] }) { bytes in
    // The bytes stand for every block: root, sources and records.
    let cid = CID(of: bytes, codec: .dagCBOR)
    guard let snapshot = try? Snapshot(cid, from: { _ in bytes }) else {
      // As a part below a root that names it.
      let root = root(sources: [cid], records: [cid])
      let address = CID(of: root, codec: .dagCBOR)
      let source: (CID) throws -> [UInt8]? = { $0 == address ? root : bytes }
      guard let read = try? Snapshot(address, from: source) else { return nil }
      try? read.forEachRecord(from: source) { _ in }
      return nil
    }
    return snapshot.block.bytes == bytes ? nil : "the snapshot changed when it was read and written"
  },
  Decoder("trace segment", seeds: { [traceSegment()] }) { bytes in
    // With a sum that fits, so that what is behind it is reached.
    let body = Array(bytes.dropLast(Digest.byteCount))
    let held = HeldBytes(body + SHA256.hash(body).bytes)
    guard let segment = unsafe TraceSegment(UnsafeRawBufferPointer(held.buffer), owner: held) else {
      return nil
    }
    let spans = Tracing([segment], leastWords: 2).spans(of: Array("one two three four six".utf8))
    return spans.allSatisfy { (0..<segment.recordCount).contains($0.record) }
      ? nil : "a span in a record that is not there"
  },
]

@safe private final class HeldBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(_ bytes: [UInt8]) {
    unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    unsafe buffer.copyBytes(from: bytes)
  }

  deinit { unsafe buffer.deallocate() }
}

private func traceSegment() -> [UInt8] {
  var builder = TraceSegmentBuilder()
  for (number, text) in ["one two three four five", "two three six", "Six seven"].enumerated() {
    _ = builder.append(Array(text.utf8), number: UInt64(number))
  }
  return builder.segment(of: SHA256.hash([1]))
}

private func contributorProof() -> [UInt8] {
  let leaves = (0..<5).map { SumNode(leaf: SHA256.hash([$0]), sum: Int64($0) * 7 - 9) }
  guard let tree = try? SumTree(leaves), let proof = ShareProof([1..<3], in: tree) else {
    return []
  }
  let link = Value.link(CID(of: [1], codec: .dagCBOR))
  let value: Value = [
    "type": .text(ContributorProof.type), "run": link, "snapshot": link,
    "contributor": .bytes([UInt8](repeating: 7, count: 32)), "parts": [[1, proof.value]],
  ]
  return value.encoded()
}

private func root(sources: [CID], records: [CID]) -> [UInt8] {
  let link = Value.link(CID(of: [1], codec: .dagCBOR))
  let value: Value = [
    "type": .text(Snapshot.type), "net": link, "milestone": link, "leftOut": [[link, 3]],
    "count": 1, "digest": .bytes(SHA256.hash([2]).bytes),
    "sources": .array(sources.map { .link($0) }), "records": .array(records.map { .link($0) }),
  ]
  return value.encoded()
}

private func snapshotRoot() -> [UInt8] { root(sources: [], records: []) }

private func snapshotPart() -> [UInt8] {
  let name = Value.bytes(SHA256.hash([3]).bytes)
  let value: Value = [[name, 0, 0], [name, 0, 5, [0, 1]]]
  return value.encoded()
}

private func snapshotSources() -> [UInt8] {
  let link = Value.link(CID(of: [1], codec: .dagCBOR))
  let value: Value = [[link, 0, link, .bytes([UInt8](repeating: 7, count: 32)), 4]]
  return value.encoded()
}
