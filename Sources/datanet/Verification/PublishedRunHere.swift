// A published run as a verification reads it from the store
// (Specs/Verification.md, "Structure").

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import Learning
import Store
import Terminal

struct PublishedRunHere {
  let entry: RunBook.Entry
  let datanet: CID
  private let store: Store
  private let context: Context

  init(_ text: String, _ context: Context) throws {
    self.context = context
    store = VerificationChild.findingPath == nil ? try context.store() : try context.storeToRead()
    (entry, datanet) = try SharesCommand.run(text, store)
  }

  /// In the child. What cannot be had makes the run unavailable, not false.
  func finding() throws -> VerificationFinding {
    do {
      return try find(try runUnderTest())
    } catch StoreError.missing(let cid) {
      var finding = VerificationFinding(
        .unavailable,
        "block \(Shown.cid(cid)) of its data or evidence is not here and came from "
          + "no peer")
      finding.isMissing = true
      return finding
    }
  }

  private func find(_ run: RunUnderTest) throws -> VerificationFinding {
    if let path = context.invocation.text("check") {
      return try ProofFile.check(path, run, context)
    }
    var executed: [(proof: CID, isRight: Bool)] = []
    for proof in entry.checks.proofs {
      guard let result = try execute(proof.proof, run) else { continue }
      executed.append((proof.proof, result.result == .refuted))
      if result.result == .refuted {
        var finding = result
        finding.executedProofs = executed
        return finding
      }
      context.output.text(
        "A fraud proof by \(proof.accusers.map(\.did).joined(separator: ", ")) shows nothing.")
    }
    var verification = RunVerification(run, published: entry, context)
    var finding = try verification.find()
    finding.executedProofs = executed
    return finding
  }

  /// Nil when the proof's blocks are not here, or when it cannot be decided.
  private func execute(_ cid: CID, _ run: RunUnderTest) throws -> VerificationFinding? {
    guard let block = try store.blocks.get(cid) else { return nil }
    let blocks = store.blocks
    do {
      let proof = try FraudProof(block: block)
      guard proof.run == entry.cid else {
        return VerificationFinding(.held, "the proof is about another run")
      }
      let finding = try ProofFile.check(proof, run, context) { try blocks.get($0) }
      return finding.result == .unavailable ? nil : finding
    } catch is ProofError {
      return VerificationFinding(.held, "what is called a proof is none")
    }
  }

  private func runUnderTest() throws -> RunUnderTest {
    let run = entry.run
    let here = try RunEvidenceHere(run, store)
    guard let baseEntry = try store.claims.entry(run.base) else {
      throw Failure.notFound("the run's base is not known here")
    }
    let base = try NetBase.open(baseEntry, store, context)
    let plan = try NetSnapshot.plan(datanet, milestone: run.milestone, store)
    guard plan.leftOut == run.leftOut else {
      throw Failure.notFound(
        "contributions that the run used were retracted since: its data cannot be had any more")
    }
    let snapshot = try NetSnapshot(of: datanet, milestone: run.milestone, store, context)
    let data = try TrainingData(snapshot, title: "the snapshot", store)
    let encoder = try RunUnderTest.encoder(base, here.recipe)
    var evidence = RunEvidence(
      recipe: here.recipe, transcript: here.transcript,
      signed: .init(root: run.root, steps: run.steps, shares: run.shares),
      records: try data.encode(encoder), names: data.names)
    var fault = try originFault(here.recipe, base, snapshot)
    if let entry = run.yardstick, here.recipe.yardstick != nil {
      guard let yardstick = try store.claims.entry(entry) else {
        throw Failure.notFound("the run's yardstick is not known here")
      }
      let records = try TrainingData(
        manifest: yardstick.publication.manifest, title: "the yardstick", store)
      evidence.yardstick = try records.encode(encoder)
      evidence.yardstickNames = records.names
      if RecordList(names: records.names) != here.recipe.yardstick?.records {
        fault = fault ?? "the recipe measures against other records than the yardstick it names"
      }
    }
    return RunUnderTest(
      evidence: evidence, repetitions: here.repetitions, base: base, originFault: fault,
      published: run, store)
  }

  /// What the recipe says about where things are from, against the claims.
  private func originFault(
    _ recipe: Recipe, _ base: OpenBase, _ snapshot: NetSnapshot
  ) throws -> String? {
    let run = entry.run
    if snapshot.snapshot.cid != run.snapshot {
      return "its snapshot is not the one that the milestone gives"
    }
    if recipe.data != snapshot.snapshot.list {
      return "the recipe trains on other records than the snapshot's"
    }
    if try base.identity() != recipe.base { return "the recipe names another base" }
    if (recipe.yardstick == nil) != (run.yardstick == nil) {
      return "the recipe and the claim differ about a yardstick"
    }
    if let yardstick = run.yardstick {
      let known = try store.claims.entries(at: run.milestone, kind: .yardstick) ?? []
      guard known.contains(where: { $0.entry.id == yardstick && $0.standing == .live }) else {
        return "its yardstick is not one that the milestone contains: it was chosen afterwards"
      }
    }
    return nil
  }

  /// Signs what was found, unless a file was checked.
  func publish(_ finding: VerificationFinding) throws {
    guard IdentityKeeper.exists(in: context.home), context.invocation.text("check") == nil else {
      return
    }
    let verdicts = try VerdictPublishing(run: entry, store: store).verdicts(
      finding, own: IdentityKeeper.summary(in: context.home).publicKey)
    guard !verdicts.isEmpty else { return }
    let claim = try context.publish(.verdict(verdicts), to: datanet, in: store)
    try context.announce(claim, in: store, needs: .verifier)
  }
}

extension RunUnderTest {
  /// Kept states and adapter are read from manifests, a file at a time.
  init(
    evidence: RunEvidence, repetitions: [Transcript], base: OpenBase, originFault: String?,
    published run: PublishedRun, _ store: Store
  ) {
    self.evidence = evidence
    self.repetitions = repetitions
    self.base = base
    self.originFault = originFault
    func bytes(_ manifest: CID, _ name: String) throws -> [UInt8]? {
      do {
        let reader = try ContributionReader(manifest, in: store.blocks)
        guard let file = try reader.file(at: ManifestPath(name)) else { return nil }
        var bytes: [UInt8] = []
        try reader.read(file) { bytes += $0 }
        return bytes
      } catch StoreError.missing {
        return nil
      }
    }
    let every = evidence.recipe.stepsPerCheckpoint
    keptSteps = Array(stride(from: every, through: evidence.stepCount, by: every))
    keptFile = { step in
      try bytes(run.checkpoints, RunFiles.checkpointName(step)).map {
        try Safetensors(bytes: $0, name: "the state after step \(step)")
      }
    }
    adapter = {
      let names = ["adapter_config.json", "adapter_model.safetensors"]
      let files = try names.map { try bytes(run.adapter, $0) }
      guard let configuration = files[0], let tensors = files[1] else { return nil }
      return try AdapterTensors(
        Adapter(
          configuration: AdapterConfiguration(parsing: configuration, file: names[0]),
          tensors: Safetensors(bytes: tensors, name: names[1]), base: base.configuration),
        base: base.configuration)
    }
  }
}
