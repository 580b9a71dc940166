// What people do in a world: found a Datanet, say things, contribute data.

package import Claims
package import Content
package import Cryptography
internal import Histories
internal import Node
internal import PeerProtocol
package import Store

package struct Contributed {
  package let claim: Claim
  package let manifest: CID
  /// All blocks, those of the manifest included.
  package let blocks: [CID]
  package let byteCount: Int
}

extension World {
  package func found(_ peer: Peer, named name: String = "demo") throws -> CID {
    try peer.claims.found(
      Genesis(name: name), by: peer.identity, timeMilliseconds: wall(of: peer)
    ).cid
  }

  package func follow(
    _ peer: Peer, _ datanet: CID, mode: FollowMode = .all, key: Digest? = nil, given: [Peer] = []
  ) {
    peer.settings.followings.removeAll { $0.datanet == datanet }
    peer.settings.followings.append(Following(datanet: datanet, mode: mode, key: key))
    peer.settings.given += given.map {
      KnownPeer(identity: $0.key, address: $0.address, datanet: datanet, isGiven: true)
    }
    tell(peer, .settings(peer.settings))
  }

  @discardableResult
  package func say(_ peer: Peer, _ content: ClaimContent, in datanet: CID) throws -> Claim {
    let claim = try peer.claims.append(
      content, to: datanet, by: peer.identity, timeMilliseconds: wall(of: peer))
    tell(peer, .changed)
    return claim
  }

  @discardableResult
  package func note(_ peer: Peer, _ text: String, in datanet: CID) throws -> Claim {
    try say(peer, .note(Note([.init("title", [text])])), in: datanet)
  }

  /// Lines of JSON that differ from seed to seed.
  package static func lines(_ count: Int, seed: UInt64) -> [UInt8] {
    var dice = Dice(seed)
    var bytes: [UInt8] = []
    for number in 0..<count {
      bytes += Array("{\"n\":\(number),\"text\":\"".utf8)
      for _ in 0..<7 {
        let word = dice.next()
        for shift in stride(from: 0, to: 64, by: 8) {
          bytes.append(97 + UInt8(truncatingIfNeeded: word >> UInt64(shift)) % 26)
        }
      }
      bytes += Array("\"}\n".utf8)
    }
    return bytes
  }

  /// Lines that cannot be packed, so that bytes on the wire are bytes of data.
  package static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var dice = Dice(seed)
    return (0..<count * 80).map { place in
      let byte = UInt8(truncatingIfNeeded: dice.next())
      return place % 80 == 79 ? 0x0A : byte == 0x0A ? 0 : byte
    }
  }

  /// One file of `count` lines, cut, described, stored and claimed.
  @discardableResult
  package func contribute(
    _ peer: Peer, lines count: Int, seed: UInt64, to datanet: CID, isNoise: Bool = false
  ) throws -> Contributed {
    let writer = try peer.blocks.writer()
    var blocks: [CID] = []
    func put(_ block: Block) throws {
      blocks.append(block.cid)
      _ = try writer.put(block)
    }
    var cutter = ContributionCutter()
    var builder = ManifestBuilder()
    func drain() throws {
      while let batch = cutter.nextBatch() {
        let hashed = batch.hashed()
        for (range, digest) in zip(batch.ranges, hashed.digests) {
          try put(
            Block(trusted: CID(codec: .raw, digest: digest), bytes: Array(batch.bytes[range])))
        }
        try builder.append(hashed) { try put($0) }
      }
    }
    let bytes = isNoise ? Self.noise(count, seed: seed) : Self.lines(count, seed: seed)
    let ends = bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    cutter.beginFile(hasRecords: true)
    cutter.append(bytes, recordEnds: ends)
    try drain()
    let size = cutter.endFile()
    let path = try ManifestPath("\(peer.name)-\(seed).jsonl")
    try builder.append(
      FileEntry(path: path, format: .jsonl, bytes: size.bytes, records: size.records)
    ) { try put($0) }
    cutter.finish()
    try drain()
    let manifest = try builder.finish { try put($0) }
    try writer.commit()
    let publication = Publication(
      manifest: manifest.cid, records: Int(manifest.records), bytes: Int(manifest.bytes),
      license: nil, name: "demo", replaces: nil)
    let claim = try say(peer, .contribution([publication]), in: datanet)
    return Contributed(
      claim: claim, manifest: manifest.cid, blocks: blocks, byteCount: bytes.count)
  }
}
