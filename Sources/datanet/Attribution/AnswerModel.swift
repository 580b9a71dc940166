// An adapter with what it was trained on: of a Datanet's run, or of plain files
// (Specs/Answers.md, "What is asked").

import Attribution
import CanonicalMath
import Checkpoints
import Claims
import Content
import Cryptography
import Influence
import JSON
import Learning
import Store
import Terminal

struct AnswerModel {
  let base: OpenBase
  let adapterDirectory: String
  let form: RecordForm
  let conversations: ConversationForm?
  let data: TrainingData
  /// Whose each record is, as places in `contributors`.
  let claimants: [[Int]]
  /// `did:key:…`, or a file's name.
  let contributors: [String]
  /// Where each record is found, for people.
  let places: [String]
  /// Where the index of influence is kept; nil keeps none.
  let indexPath: String?
  /// The run, with what is known about it; nil for plain files.
  let run: RunBook.Entry?

  /// The newest run of a Datanet, or one that is named.
  init(run text: String, _ context: Context) throws {
    let store = try context.storeToRead()
    let found = try SharesCommand.run(text, store)
    let run = found.entry.run
    let evidence = try RunEvidenceHere(run, store)
    guard let baseEntry = try store.claims.entry(run.base) else {
      throw Failure.notFound("the run's base is not known here")
    }
    base = try NetBase.open(baseEntry, store, context)
    adapterDirectory = try NetBase.files(of: run.adapter, store, context)
    form = evidence.recipe.form
    conversations = form.template == "plain" ? nil : try base.conversations(nil)
    data = try TrainingData(evidence.snapshot, evidence.records, title: text, store)
    claimants = evidence.records.map(\.claimants)
    contributors = evidence.snapshot.contributors.map(\.did)
    places = evidence.records.map { record in
      "record \(Quantity.count(record.number)) of "
        + Shown.entry(evidence.snapshot.sources[record.source].entry)
    }
    indexPath = "\(context.home.cachePath)/influence-\(Shown.cid(found.entry.cid)).index"
    self.run = found.entry
  }

  /// An adapter and the records that it was trained on, as files.
  init(adapter: String, base: String, train: String, _ context: Context) throws {
    let options = context.invocation
    self.base = try NetBase.open(base, context)
    adapterDirectory = adapter
    data = try TrainingData(file: train)
    conversations =
      data.hasConversations ? try self.base.conversations(options.text("template")) : nil
    var form = RecordForm(
      maximumTokens: self.base.configuration.contextLength, overlong: .skip)
    form.template = conversations?.name ?? "plain"
    self.form = form
    claimants = data.names.map { _ in [0] }
    contributors = [train]
    places = data.names.indices.map { "record \(Quantity.count($0 + 1)) of \(train)" }
    indexPath = options.text("index")
    run = nil
  }

  func encoder() throws -> RecordEncoder {
    try base.encoder(form, conversations: conversations)
  }

  /// What the index has to be of.
  private func subject() throws -> IndexSubject {
    let adapter = try MappedFile.contents(
      of: "\(adapterDirectory)/adapter_model.safetensors", limit: OpenData.byteLimit)
    return IndexSubject(
      base: "\(try base.identity().cid)", adapter: "\(SHA256.hash(adapter))",
      records: "\(data.list.digest)",
      form: "\(form.loss.rawValue) \(form.template) \(form.maximumTokens) \(form.overlong.rawValue)"
    )
  }

  /// The index that is kept, or a new one.
  func index(
    _ records: [TokenRecord], model: Transformer, adapter: AdapterTensors, _ context: Context
  ) throws -> InfluenceIndex {
    let subject = try subject()
    let settings = IndexSettings()
    if let indexPath, MappedFile.exists(indexPath),
      let kept = try? InfluenceIndex(path: indexPath), kept.subject == subject,
      kept.settings == settings, kept.recordCount == records.count
    {
      return kept
    }
    let progress = context.progress(
      "Indexing influence", unit: .things(singular: "record", plural: "records"))
    defer { progress.finish() }
    func report(_ state: InfluenceProgress) {
      progress.set(done: state.done, total: state.total, item: state.stage.rawValue)
    }
    guard let indexPath else {
      return try InfluenceIndex(
        inMemory: subject, settings, model: model, adapter: adapter, records: records,
        progress: report)
    }
    try InfluenceIndex.write(
      to: indexPath, subject, settings, model: model, adapter: adapter, records: records,
      progress: report)
    return try InfluenceIndex(path: indexPath)
  }
}
