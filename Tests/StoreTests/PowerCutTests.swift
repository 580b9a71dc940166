// The power goes at any moment: what was acknowledged is there afterwards, and no height is
// signed twice. Specs/Store.md, "Durability".

import Claims
import Content
import Cryptography
import Glibc
import Histories
import Testing

@testable import Store

/// A home on a disk in memory, its databases included.
private struct Machine {
  static let home = Home("/machine")

  let disk: MemoryDisk
  let vfs: DiskVFS
  let claims: ClaimStore
  let blocks: BlockStore

  init(_ disk: MemoryDisk) throws {
    self.disk = disk
    vfs = DiskVFS(disk)
    claims = try ClaimStore(Database(.file(Self.home.databasePath), vfs: vfs))
    blocks = try BlockStore(
      home: Self.home,
      database: Database(.file(Self.home.indexPath), durability: .normal, vfs: vfs), disk: disk)
  }
}

/// What a user was told is safe.
private struct Acknowledged {
  var datanet: CID?
  var blocks: Set<CID> = []
  var claims: [CID] = []
}

@Suite struct PowerCutTests {
  static let identity = Identity(seed: SHA256.hash(Array("ada".utf8)).bytes)

  /// Founds, puts, claims, collects; notes each thing when it is acknowledged. Ends with the
  /// first failure, as a machine without power does.
  private func live(
    _ machine: Machine, _ dice: inout Dice, steps: Int, _ done: inout Acknowledged
  ) throws {
    let identity = try #require(Self.identity)
    if done.datanet == nil {
      let genesis = Genesis(name: "demo")
      let claim = try machine.claims.found(genesis, by: identity, timeMilliseconds: 1)
      done.datanet = claim.cid
      done.claims = [claim.cid]
    }
    let datanet = try #require(done.datanet)
    for _ in 0..<steps {
      switch dice.below(8) {
      case 0:
        let garbage = done.blocks.filter { _ in dice.below(6) == 0 }
        // From here on these may go, acknowledged or not.
        done.blocks.subtract(garbage)
        let kept = done.blocks
        var options = CollectOptions()
        options.leastGarbage = 0
        _ = try machine.blocks.collect(options: options) { Array(kept) }
      case 1, 2:
        let claim = try machine.claims.append(
          .note(Note([.init("title", ["\(dice.next())"])])), to: datanet, by: identity,
          timeMilliseconds: 2)
        done.claims.append(claim.cid)
      default:
        let writer = try machine.blocks.writer()
        var cids: [CID] = []
        for _ in 0...dice.below(6) {
          // Some are empty: they lie where something else begins.
          let count = dice.below(20) == 0 ? 0 : dice.below(9000)
          let bytes = sample(Int(truncatingIfNeeded: dice.next()), count: count)
          cids.append(try writer.put(bytes))
          // As long work does: some of it enters the index before the rest is written.
          if dice.below(4) == 0 {
            try writer.writeGathered()
            if dice.below(3) > 0 { try writer.packs.syncWritten() }
            try writer.enterSynced()
          }
        }
        try writer.commit()
        done.blocks.formUnion(cids)
      }
    }
  }

  /// Everything acknowledged is here, sound, and can be gone on from.
  private func examine(_ machine: Machine, _ done: Acknowledged, _ comment: Comment) throws {
    for cid in done.blocks.sorted() {
      #expect(try machine.blocks.get(cid) != nil, comment)
    }
    let report = try BlockCheck(machine.blocks, options: CheckOptions()) { _ in true }.check()
    #expect(report.isSound, comment)
    guard let datanet = done.datanet else { return }
    for (height, cid) in done.claims.enumerated() {
      #expect(try machine.claims.claim(cid)?.height == height, comment)
    }
    #expect(try machine.claims.defects(of: datanet, threads: 0) == [], comment)
    let next = try machine.claims.append(
      .note(Note([.init("title", ["after"])])), to: datanet, by: try #require(Self.identity),
      timeMilliseconds: 3)
    #expect(next.height >= done.claims.count, comment)
  }

  /// `DATANET_CRASHES` sets another number of power cuts; `DATANET_SEED` one seed to replay.
  static let rounds = Home.environment("DATANET_CRASHES").flatMap { Int($0) } ?? 300
  static let seeds: [UInt64] =
    Home.environment("DATANET_SEED").flatMap { UInt64($0) }.map { [$0] }
    ?? (0..<8).map { UInt64($0) &* 7919 &+ UInt64(time(nil)) }

  @Test(arguments: seeds) func `whatever was acknowledged before a power cut is there after it`(
    seed: UInt64
  ) throws {
    for round in 0..<max(1, Self.rounds / Self.seeds.count) {
      let comment: Comment = "DATANET_SEED=\(seed), round \(round)"
      var dice = Dice(seed &+ UInt64(round) &* 0x9E37_79B9)
      var disk = MemoryDisk()
      var done = Acknowledged()
      // Several lives, each ending in the middle of something.
      for _ in 0..<3 {
        disk.stop(after: disk.operations + 1 + dice.below(120))
        do {
          let machine = try Machine(disk)
          try live(machine, &dice, steps: 30, &done)
        } catch is DatabaseError {
        } catch is DiskError {
        } catch is StoreError {
        }
        disk = disk.afterPowerCut { dice.below($0) }
        try examine(try Machine(disk), done, comment)
        // The examination has claimed something of its own, acknowledged.
        if let datanet = done.datanet, let identity = Self.identity {
          done.claims = try Machine(disk).claims.claims(
            of: identity.publicKey, in: datanet, heights: 0..<1000
          ).map(\.cid)
        }
      }
    }
  }

  @Test func `a kill or a power cut at every single operation of a short life loses nothing`()
    throws
  {
    var dice = Dice(5)
    let whole = MemoryDisk()
    var done = Acknowledged()
    try live(try Machine(whole), &dice, steps: 6, &done)
    for operation in 1...whole.operations {
      for variant in 0..<3 {
        var dice = Dice(5)
        let disk = MemoryDisk()
        disk.stop(after: operation)
        var done = Acknowledged()
        do {
          try live(try Machine(disk), &dice, steps: 6, &done)
        } catch is DatabaseError {
        } catch is DiskError {
        } catch is StoreError {
        }
        var luck = Dice(UInt64(operation * 3 + variant))
        let after = variant == 0 ? disk.afterKill() : disk.afterPowerCut { luck.below($0) }
        try examine(try Machine(after), done, "operation \(operation), variant \(variant)")
      }
    }
  }

  @Test(arguments: [ENOSPC, EIO, EROFS])
  func `a failing operation is told, and corrupts nothing`(code: Int32) throws {
    var dice = Dice(6)
    let whole = MemoryDisk()
    var done = Acknowledged()
    try live(try Machine(whole), &dice, steps: 6, &done)
    for operation in 1...whole.operations {
      for fault in [MemoryDisk.Fault.code(code), .half(code)] {
        var dice = Dice(6)
        let disk = MemoryDisk()
        disk.fail(at: operation, fault)
        var done = Acknowledged()
        var told = false
        do {
          try live(try Machine(disk), &dice, steps: 6, &done)
        } catch let error as DatabaseError {
          told = error.kind != .corrupt
        } catch let error as DiskError {
          told = error.code == code
        } catch is StoreError {
          told = true
        }
        // A fault may also hit what is only tidying up.
        if !told { #expect(done.claims.count > 0) }
        try examine(try Machine(disk), done, "operation \(operation), \(fault)")
      }
    }
  }
}
