// The index of an adapter's records: opened where it is kept, or made (Specs/Influence.md, "Index").

import Checkpoints
import Cryptography
import Influence
import Learning
import Terminal

/// A base with an adapter, and the records whose influence is asked for.
struct InfluenceFiles {
  let base: OpenBase
  let adapter: AdapterTensors
  let model: Transformer
  let encoder: RecordEncoder
  let dataset: Dataset
  let records: [TokenRecord]
  let subject: IndexSubject

  init(
    base: OpenBase, adapter directory: String, dataset: Dataset, file: String,
    form: RecordForm, template: String?, asksConversations: Bool = false
  ) throws {
    self.base = base
    guard let adapter = try base.adapter(directory) else {
      throw Failure.usage("--adapter is missing")
    }
    self.adapter = adapter
    self.dataset = dataset
    let conversations =
      dataset.hasConversations || asksConversations ? try base.conversations(template) : nil
    var form = form
    form.template = conversations?.name ?? "plain"
    encoder = try base.encoder(form, conversations: conversations)
    records = try encoder.encode(dataset, file: file)
    model = try Transformer(base.checkpoint)
    let tensors = try MappedFile(path: "\(directory)/adapter_model.safetensors")
    let digest = unsafe tensors.withBytes(in: 0..<tensors.count) { unsafe SHA256.hash($0) }
    subject = IndexSubject(
      base: "\(try base.identity().cid)", adapter: "\(digest)",
      records: "\(dataset.list.digest)",
      form: "\(form.template) \(form.loss.rawValue) \(form.maximumTokens) \(form.overlong.rawValue)"
    )
  }

  /// The index at `path` if it is of the same adapter, records and settings; else a new one, which is
  /// kept there. Without a path it lives as long as the process.
  func index(_ settings: IndexSettings, at path: String?, _ context: Context) throws
    -> InfluenceIndex
  {
    if let path, MappedFile.exists(path) {
      let index = try InfluenceIndex(path: path)
      if let difference = difference(index, settings) {
        throw InfluenceError.otherIndex(file: path, problem: difference)
      }
      return index
    }
    let reporter = InfluenceReporter(context)
    defer { reporter.finish() }
    guard let path else {
      return try InfluenceIndex(
        inMemory: subject, settings, model: model, adapter: adapter, records: records,
        progress: reporter.report)
    }
    try InfluenceIndex.write(
      to: path, subject, settings, model: model, adapter: adapter, records: records,
      progress: reporter.report)
    return try InfluenceIndex(path: path)
  }

  private func difference(_ index: InfluenceIndex, _ settings: IndexSettings) -> String? {
    let (kept, own) = (index.subject, subject)
    if kept.adapter != own.adapter { return "it was made for another adapter" }
    if kept.base != own.base { return "it was made beside another base" }
    if kept.records != own.records { return "it was made of other records" }
    if kept.form != own.form { return "it was made with '\(kept.form)', not '\(own.form)'" }
    if index.settings != settings {
      return "it was made with --method \(index.settings.method.rawValue) --features "
        + "\(index.settings.features) --damping \(index.settings.damping)"
    }
    return nil
  }
}

/// Shows the stages of making and asking an index, one bar each.
final class InfluenceReporter {
  private let context: Context
  private var shown: (stage: InfluenceProgress.Stage, progress: Progress)?

  init(_ context: Context) { self.context = context }

  func report(_ progress: InfluenceProgress) {
    if shown?.stage != progress.stage {
      finish()
      let title =
        switch progress.stage {
        case .factors: "measuring curvature"
        case .eigenvalues: "correcting curvature"
        case .gradients: "keeping gradients"
        case .queries: "asking"
        }
      shown = (
        progress.stage,
        context.progress(
          title, unit: .things(singular: "record", plural: "records"), total: progress.total)
      )
    }
    shown?.progress.set(done: progress.done, item: "")
  }

  func finish() {
    shown?.progress.finish()
    shown = nil
  }
}
