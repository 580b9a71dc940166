// A Datanet with people, their records and a store, for tests of snapshots.

import Attribution
import Claims
import Content
import Cryptography
import Glibc
import Histories
import Learning
import Store
import Testing

/// ada founds; ann, ben and eve bring honest records; others attack.
final class World {
  let founder = Person("ada")
  let ann = Person("ann")
  let ben = Person("ben")
  let cleo = Person("cleo")
  let dan = Person("dan")
  let eve = Person("eve")
  var others: [Person] = []
  let genesis: Claim
  let annRecords = World.records(40, by: "ann")
  let benRecords = World.records(40, by: "ben")
  let eveRecords = World.records(20, by: "eve")
  /// The first contribution of each.
  private(set) var entries: [PublicKey: EntryID] = [:]
  private let home: Home
  private let store: Store
  private var files = 0

  /// Where contributors are granted, ann, ben and eve are.
  init(hasMilestone: Bool = true, policy: Genesis = Genesis(name: "world")) throws {
    var template = Array("/tmp/datanet-snapshots-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    home = Home(
      String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    store = try Store.make(home)
    genesis = try founder.found(policy)
    for person in [ann, ben, cleo, dan, eve] { person.join(genesis) }
    if policy.contributors == .granted {
      _ = try founder.say(.grant([ann, ben, eve].map { Grant($0.key, .contributor, from: 0) }))
    }
    entries[ann.key] = try add(ann, annRecords)
    entries[ben.key] = try add(ben, benRecords)
    entries[eve.key] = try add(eve, eveRecords)
    if hasMilestone { try milestone() }
  }

  deinit { remove(home.path) }

  /// Thirty words each, a third of them drawn.
  private static func records(_ count: Int, by name: String) -> [String] {
    var dice = Dice(UInt64(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) }))
    return (0..<count).map { number in
      (0..<30).map { word in
        word % 3 == 0
          ? "\(name)\(dice.below(100_000))é"
          : word % 3 == 1 ? "word\(word)" : "x\(dice.below(5000))"
      }.joined(separator: " ") + " \(number)"
    }
  }

  @discardableResult func add(
    _ person: Person, _ records: [String], replaces: EntryID? = nil, time: Int? = nil
  ) throws -> EntryID {
    files += 1
    let path = "\(home.path)/\(files).jsonl"
    let lines = records.map { "{\"text\":\"\($0)\"}\n" }.joined()
    try write(Array(lines.utf8), to: path)
    let addition = try store.blocks.add(FileWalk.files(at: [path]), options: AddOptions())
    let manifest = addition.manifest
    let claim = try person.say(
      .contribution([
        Publication(
          manifest: manifest.cid, records: Int(manifest.records), bytes: Int(manifest.bytes),
          replaces: replaces)
      ]))
    return EntryID(claim: claim.digest)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let file = try #require(unsafe fopen(path, "w"))
    defer { unsafe fclose(file) }
    #expect(unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  private var people: [Person] { [ann, ben, cleo, dan, eve] + others }

  func milestone() throws {
    let reaches = people.filter { $0.count > 0 }.map {
      Milestone.Reach(author: $0.key, count: $0.count, head: $0.chain[$0.count - 1].digest)
    }
    _ = try founder.say(.milestone(Milestone(reaches)))
  }

  /// The newest milestone's snapshot, made from a store that learned the claims in either order.
  func snapshot(
    reversed: Bool = false
  ) throws -> (snapshot: Snapshot, blocks: [ProofBlock]) {
    let claims = try ClaimStore(Database(.memory))
    try claims.join(genesis)
    let all = ([founder] + people).flatMap(\.chain)
    _ = try claims.insert(reversed ? all.reversed() : all)
    let milestone = try #require(founder.chain.last { $0.kind == "milestone" }).cid
    let entries = try #require(try claims.entries(at: milestone, kind: .contribution))
    let order = try claims.milestones(of: genesis.cid)
    let plan = try #require(
      SnapshotPlan(datanet: genesis.cid, milestone: milestone, order: order, entries: entries))
    let manifests = plan.sources.map(\.manifest)
    var blocks: [ProofBlock] = []
    let (snapshot, _) = try Snapshot.make(plan) { folding in
      func place(_ place: DuplicateFinder.Place) -> RecordFolding.Place {
        .init(source: place.contribution, record: Int(place.record))
      }
      try DuplicateFinder(store).forEachLikeness(
        among: manifests, owners: folding.owners, replaced: plan.replaced.map(\.manifest),
        rewording: RecordFolding.rewording
      ) { likeness in
        switch likeness {
        case .same(let first, let copy): folding.same(place(first), copy: place(copy))
        case .near(let one, let other, let similarity):
          folding.near(place(one), place(other), similarity: similarity)
        case .had(let record, let replaced): folding.had(place(record), replaced: replaced)
        }
      }
    } names: { source, body in
      try ContributionReader(manifests[source], in: store.blocks)
        .forEachRecord(namesOnly: true) { try body(Int($0.number), $0.name) }
    } keep: { block in
      blocks.append(block)
    }
    return (snapshot, blocks)
  }

  /// Every record is worth the same: what folding alone does.
  func shares() throws -> [PublicKey: Double] {
    let (snapshot, blocks) = try snapshot()
    let held = Dictionary(blocks.map { ($0.cid, $0.bytes) }, uniquingKeysWith: { one, _ in one })
    var shares: [PublicKey: Double] = [:]
    try snapshot.forEachRecord(from: { held[$0] }) { record in
      for place in record.claimants {
        shares[snapshot.contributors[place], default: 0] +=
          exp2(Double(1 - record.claimants.count)) / Double(snapshot.list.count)
      }
    }
    return shares
  }

  private func remove(_ path: String) {
    guard let directory = unsafe opendir(path) else { return }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    unsafe closedir(directory)
    for name in names {
      let inner = "\(path)/\(name)"
      if unsafe unlink(inner) != 0 { remove(inner) }
    }
    unsafe rmdir(path)
  }
}
