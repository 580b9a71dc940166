// What an independent implementation made of a small Datanet: its snapshot, shares and a proof
// (Specs/Snapshots.md, Specs/Shares.md).

import Attribution
import Claims
import Content
import Cryptography
import Histories
import JSON
import Learning
import Store
import Testing

@Suite struct SnapshotFixtureTests {
  private let example: JSONValue

  init() throws {
    let bytes = try #require(FixtureFile.bytes("Fixtures/snapshots/example.json"))
    example = try JSONValue(parsing: bytes)
  }

  private func hex(_ value: JSONValue?) throws -> [UInt8] {
    try #require(Hexadecimal.bytes(of: value?.string ?? "?"))
  }

  private func list(_ key: String) throws -> [JSONValue] { try #require(example[key]?.array) }

  private func plan() throws -> SnapshotPlan {
    let genesis = try Claim(verifying: hex(example["genesis"]))
    let store = try ClaimStore(Database(.memory))
    try store.join(genesis)
    _ = try store.insert(list("claims").map { try Claim(verifying: hex($0)) })
    let milestone = try CID(#require(example["milestone"]?.string))
    let entries = try #require(try store.entries(at: milestone, kind: .contribution))
    let order = try store.milestones(of: genesis.cid)
    return try #require(
      SnapshotPlan(datanet: genesis.cid, milestone: milestone, order: order, entries: entries))
  }

  private func made() throws -> (snapshot: Snapshot, blocks: [ProofBlock]) {
    let plan = try plan()
    let manifests = try plan.sources.map { try text($0.manifest) }
    let replaced = try plan.replaced.map { try text($0.manifest) }
    var blocks: [ProofBlock] = []
    let made = try Snapshot.make(plan) { folding in
      for likeness in try list("likenesses") {
        func place(_ key: String) throws -> RecordFolding.Place {
          let pair = try #require(likeness[key]?.array)
          let source = try #require(manifests.firstIndex(of: pair[0].string ?? ""))
          return .init(source: source, record: pair[1].int ?? -1)
        }
        if let similarity = likeness["similarity"]?.double {
          folding.near(try place("one"), try place("other"), similarity: similarity)
        } else if let old = likeness["replaced"]?.string {
          let replaced = try #require(replaced.firstIndex(of: old))
          folding.had(try place("one"), replaced: replaced)
        } else {
          folding.same(try place("one"), copy: try place("other"))
        }
      }
    } names: { source, body in
      let names = try #require(example["records"]?[manifests[source]]?.array)
      for (number, name) in names.enumerated() {
        try body(number, #require(Digest(bytes: hex(name))))
      }
    } keep: { block in
      blocks.append(block)
    }
    return (made.snapshot, blocks)
  }

  private func text(_ manifest: CID) throws -> String {
    Hexadecimal.text(of: manifest.digest.bytes)
  }

  @Test func theSameBlocksFollowFromTheSameClaims() throws {
    let (snapshot, blocks) = try made()
    #expect(snapshot.cid.description == example["snapshot"]?.string)
    #expect(blocks.map { Hexadecimal.text(of: $0.bytes) } == (try list("blocks")).map(\.string))
    #expect(snapshot.leftOut.map { "\($0)" } == (try list("leftOut")).map(\.string))
  }

  @Test func theSameSharesFollowFromTheSameScores() throws {
    let (snapshot, blocks) = try made()
    let held = Dictionary(uniqueKeysWithValues: blocks.map { ($0.cid, $0.bytes) })
    var records: [SnapshotRecord] = []
    try snapshot.forEachRecord(from: { held[$0] }) { records.append($0) }
    let scores = try list("scores").map { Int64($0.int ?? 0) }
    let recipe = Recipe(
      base: BaseIdentity(files: [.init(name: "x", digest: SHA256.hash([1]))]),
      data: snapshot.list, form: RecordForm(maximumTokens: 8), adapter: nil,
      optimizer: OptimizerSettings(learningRate: 1), schedule: Schedule(shape: .constant),
      steps: 1, recordsPerStep: records.count)
    var transcript = Transcript(recipe: recipe.cid)
    let state = SHA256.hash([2])
    transcript.append(StepEntry(step: 0, state: state, loss: 0, records: []))
    transcript.append(
      StepEntry(
        step: 1, state: state, loss: 1, records: Array(records.indices), contributions: scores))
    let folds = try FoldScores(transcript, recipe: recipe)
    let shares = try Shares(snapshot, records: records, folds: folds)
    #expect(
      shares.contributors.map { Hexadecimal.text(of: $0.bytes) }
        == (try list("contributors")).map(\.string))
    #expect(shares.byContributor.map { Int($0.sum) } == (try list("sums")).map(\.int))
    #expect(Int(shares.rest) == example["rest"]?.int)
    #expect(shares.clusters == (try list("clusters")).map(\.int))
    let concentration = try #require(
      Concentration(shares.byContributor.map(\.sum), clusters: shares.clusters))
    #expect(abs(concentration.herfindahl - (example["hhi"]?.double ?? 9)) < 1e-12)
    #expect(abs(concentration.gini - (example["gini"]?.double ?? 9)) < 1e-12)

    let tree = try ScoreList(names: records.map(\.name), scores: scores).tree()
    let run = try CID(#require(example["run"]?.string))
    let prover = snapshot.contributors[try #require(example["prover"]?.int)]
    let proof = try ContributorProof(
      run: run, snapshot: snapshot, records: records, contributor: prover, tree: tree)
    let expected = try hex(example["proof"])
    #expect(proof.value.encoded() == expected)
    #expect(Hexadecimal.text(of: tree.commitment.bytes) == example["tree"]?.string)
    let shown = try #require(try ContributorProof(Value(decoding: expected)).shown)
    #expect(shown.root == tree.commitment)
    #expect(shown.sum == shares.byContributor[try #require(example["prover"]?.int)].sum)
    #expect(shown.total == shares.total)
    // A node's bit that is turned leads elsewhere.
    for part in proof.parts {
      for (place, node) in part.proof.nodes.enumerated() {
        var nodes = part.proof.nodes
        nodes[place].sum = node.sum ^ 1
        let forged = ShareProof(count: part.proof.count, ranges: part.proof.ranges, nodes: nodes)
        #expect(forged?.shown?.root != shown.root)
      }
    }
    // The claim that a trainer would sign.
    let published = shares.published(run: run, root: tree.commitment)
    #expect(published.total == shares.total)
    let content = ClaimContent.attribution(published)
    #expect(ClaimContent(kind: "attribution", body: content.body) == content)
  }

  @Test func concentrationIsThatOfTheTextbook() throws {
    #expect(Concentration([Int64]()) == nil)
    #expect(Concentration([-5, 0]) == nil)
    let equal = try #require(Concentration([4, 4, 4, 4]))
    #expect(equal.herfindahl == 0.25 && equal.gini == 0 && equal.half == 2)
    let one = try #require(Concentration([100, -7]))
    #expect(one.herfindahl == 1 && one.gini == 0 && one.half == 1 && one.count == 1)
    let few = try #require(Concentration([1, 2, 3, 4]))
    #expect(abs(few.herfindahl - 0.3) < 1e-12 && abs(few.gini - 0.25) < 1e-12 && few.half == 2)
    // Two names of one cluster count as one.
    let joined = try #require(Concentration([4, 4, 4, 4], clusters: [0, 0, 2, 3]))
    #expect(joined.count == 3 && abs(joined.herfindahl - 0.375) < 1e-12)
  }
}
