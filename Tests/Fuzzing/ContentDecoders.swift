// CIDs, DAG-CBOR, archives, manifests, outlines.

import Content

private let sample: Value = [
  "a": [1, -1, 255, 65_536, 4_294_967_296], "b": ["x": true, "yy": .null, "f": .float(1.5)],
  "link": .link(CID(of: [1, 2, 3], codec: .raw)), "bytes": .bytes([0, 255]), "text": "é\u{10FFFF}",
]

let contentDecoders: [Decoder] = [
  Decoder("dag-cbor", seeds: { [sample.encoded(), [0xA0], [0x80], [0xF6]] }) { bytes in
    guard let value = try? Value(decoding: bytes) else { return nil }
    guard (try? Value.check(bytes)) != nil else { return "read, but refused when only checked" }
    _ = try? Block.links(in: bytes, of: CID(of: bytes, codec: .dagCBOR))
    return value.encoded() == bytes ? nil : "another encoding of the same value was accepted"
  },
  Decoder("dag-json", seeds: { [Array(sample.dagJSON.utf8), Array("[1.5e-3,-7]".utf8)] }) { bytes in
    guard let value = try? Value(dagJSON: bytes) else { return nil }
    let again = try? Value(dagJSON: Array(value.dagJSON.utf8))
    return again == value ? nil : "the value changed when it was written and read"
  },
  Decoder("stored patch", seeds: { [patch()] }) { bytes in
    guard let patch = StoredPatch(decoding: bytes) else { return nil }
    let base = [UInt8](repeating: 9, count: 64)
    guard let chunk = try? patch.applied({ _ in base }) else { return nil }
    return chunk.count == patch.byteCount
      ? nil : "a patch made another number of bytes than it says"
  },
  Decoder(
    "cid", seeds: { [Array("\(CID(of: [], codec: .raw))".utf8), CID(of: [], codec: .raw).bytes] }
  ) {
    bytes in
    if let cid = try? CID(bytes: bytes), cid.bytes != bytes { return "binary form changed" }
    let text = String(decoding: bytes, as: UTF8.self)
    if let cid = try? CID(text), "\(cid)" != text { return "text form changed" }
    return nil
  },
  Decoder("archive", seeds: { [archive()] }) { bytes in
    // Whole and in pieces must give the same parts and end in the same way.
    let whole = parts(of: bytes, piece: max(1, bytes.count))
    let pieces = parts(of: bytes, piece: 7)
    return whole == pieces ? nil : "cutting the bytes changed what was read"
  },
  Decoder("manifest", seeds: { manifests() }) { bytes in
    let block = Block(bytes, codec: .dagCBOR)
    if let manifest = try? Manifest(decoding: block), manifest.cid != block.cid {
      return "the manifest has another address than its block"
    }
    if let value = try? Value(decoding: bytes) {
      _ = try? ManifestNode<ChunkEntry>(decoding: value)
      _ = try? ManifestNode<FileEntry>(decoding: value)
    }
    return nil
  },
  Decoder("outline", seeds: { [[2, 1, 2, 3, 4, 3, 5, 6, 7, 8]] }) { bytes in
    guard let outline = Outline(decoding: bytes, chunk: 5) else { return nil }
    let total = outline.segments.reduce(0) { $0 + $1.byteCount }
    return outline.bytes.isEmpty || total == 5 ? nil : "segments do not fill the chunk"
  },
]

private func patch() -> [UInt8] {
  let base = CID(of: [1], codec: .raw)
  let value: Value = [[.link(base)], [[0, 3, 20], .bytes([1, 2, 3]), [0, 0, 9]]]
  return value.encoded()
}

private func archive() -> [UInt8] {
  let block = Block(sample.encoded(), codec: .dagCBOR)
  let header = (try? CARWriter.header(roots: [block.cid])) ?? []
  return header + CARWriter.section(block) + CARWriter.section(Block([1, 2, 3], codec: .raw))
}

private func parts(of bytes: [UInt8], piece: Int) -> [String] {
  var reader = CARReader()
  var found: [String] = []
  do {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + piece)
      try reader.push(Array(bytes[start..<end])) { found.append("\($0)") }
      start = end
    }
    try reader.finish()
  } catch {
    found.append("\(error)")
  }
  return found
}

private func manifests() -> [[UInt8]] {
  var builder = ManifestBuilder()
  var blocks: [[UInt8]] = []
  var cutter = ContributionCutter()
  cutter.beginFile(hasRecords: true)
  cutter.append(Array("one\ntwo\n".utf8), recordEnds: [4, 8])
  let size = cutter.endFile()
  cutter.finish()
  while let batch = cutter.nextBatch() {
    builder.append(batch.hashed()) { (block: Block) in blocks.append(block.bytes) }
  }
  do {
    let file = try FileEntry(
      path: try ManifestPath("a/b.jsonl"), format: .jsonl, shape: "text", bytes: size.bytes,
      records: size.records, unparsed: 0)
    try builder.append(file) { (block: Block) in blocks.append(block.bytes) }
    _ = try builder.finish { (block: Block) in blocks.append(block.bytes) }
  } catch {}
  return blocks
}
