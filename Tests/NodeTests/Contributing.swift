// Contributions made in a world: cut, described, stored, claimed.

import Claims
import Content
import Cryptography
import Histories
import Testing

@testable import Node
@testable import Store

struct Contributed {
  let claim: Claim
  let manifest: Manifest
  /// All blocks, those of the manifest included.
  let blocks: [CID]
  let chunks: [CID]
  let byteCount: Int
}

/// Lines of a made-up file; numbers below `edited` out of a thousand differ from the first version.
func lines(_ count: Int, seed: UInt64, length: Int = 60) -> [[UInt8]] {
  var dice = Dice(seed)
  return (0..<count).map { number in
    var line = Array("{\"n\":\(number),\"text\":\"".utf8)
    for _ in 0..<length / 8 {
      let word = dice.next()
      for shift in stride(from: 0, to: 64, by: 8) {
        line.append(97 + UInt8(truncatingIfNeeded: word >> UInt64(shift)) % 26)
      }
    }
    return line + Array("\"}\n".utf8)
  }
}

extension World {
  @discardableResult
  func contribute(
    _ peer: Peer, _ files: [(path: String, lines: [[UInt8]])], to datanet: CID,
    replaces: EntryID? = nil
  ) throws -> Contributed {
    let writer = try peer.blocks.writer()
    var blocks: [CID] = []
    var chunks: [CID] = []
    func put(_ block: Block) throws {
      blocks.append(block.cid)
      try writer.put(block)
    }
    var cutter = ContributionCutter()
    var builder = ManifestBuilder()
    var byteCount = 0
    func drain() throws {
      while let batch = cutter.nextBatch() {
        let hashed = batch.hashed()
        for (range, digest) in zip(batch.ranges, hashed.digests) {
          let cid = CID(codec: .raw, digest: digest)
          chunks.append(cid)
          try put(Block(trusted: cid, bytes: Array(batch.bytes[range])))
        }
        try builder.append(hashed) { try put($0) }
      }
    }
    for (path, lines) in files {
      cutter.beginFile(hasRecords: true)
      for start in stride(from: 0, to: lines.count, by: 1_000) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for line in lines[start..<min(start + 1_000, lines.count)] {
          bytes += line
          ends.append(bytes.count)
        }
        byteCount += bytes.count
        cutter.append(bytes, recordEnds: ends)
        try drain()
      }
      let size = cutter.endFile()
      try builder.append(
        FileEntry(
          path: ManifestPath(path), format: .jsonl, bytes: size.bytes, records: size.records)
      ) { try put($0) }
    }
    cutter.finish()
    try drain()
    let manifest = try builder.finish { try put($0) }
    try writer.commit()
    let claim = try peer.claims.append(
      .contribution([
        Publication(
          manifest: manifest.cid, records: Int(manifest.records), bytes: Int(manifest.bytes),
          license: nil, name: "demo", replaces: replaces)
      ]), to: datanet, by: peer.identity, timeMilliseconds: wall)
    tell(peer, .changed)
    return Contributed(
      claim: claim, manifest: manifest, blocks: blocks, chunks: chunks, byteCount: byteCount)
  }

  /// Every block is here and has its address.
  func has(_ peer: Peer, all blocks: [CID]) throws -> Bool {
    try blocks.allSatisfy { try peer.blocks.get($0) != nil }
  }
}
