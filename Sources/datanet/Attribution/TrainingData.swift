// Records to learn from or to measure against: of a file, of a Datanet's snapshot, or of one of its
// yardsticks (Specs/Snapshots.md, "On the command line").

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import Learning
import Records
import Store
import Terminal

struct TrainingData {
  let names: [Digest]
  let texts: [TrainingText?]
  /// What errors call it.
  let title: String
  /// The line of a file, or the record's number.
  private let lines: [Int]

  var list: RecordList { RecordList(names: names) }
  var hasConversations: Bool {
    texts.contains { if case .conversation? = $0?.content { true } else { false } }
  }
  /// Records that hold no text to learn.
  var textless: Int { texts.count { $0 == nil } }

  init(file path: String) throws {
    let dataset = try OpenData.dataset(path)
    names = dataset.records.map(\.name)
    texts = dataset.records.map(\.text)
    lines = dataset.records.map(\.line)
    title = path
  }

  init(
    _ snapshot: Snapshot, _ records: [SnapshotRecord], title: String, _ store: Store
  ) throws {
    var texts = [TrainingText?](repeating: nil, count: records.count)
    try snapshot.forEachPassing(records, store) { place, record in
      texts[place] = Dataset.text(record.bytes, record.format, record.columns)
    }
    names = records.map(\.name)
    self.texts = texts
    lines = Array(1...max(1, texts.count))
    self.title = title
  }

  init(_ snapshot: NetSnapshot, title: String, _ store: Store) throws {
    try self.init(snapshot.snapshot, snapshot.records, title: title, store)
  }

  /// All records of one publication, in order.
  init(manifest: CID, title: String, _ store: Store) throws {
    var names: [Digest] = []
    var texts: [TrainingText?] = []
    try ContributionReader(manifest, in: store.blocks).forEachRecord { record in
      names.append(record.name)
      texts.append(Dataset.text(record.bytes, record.format, record.columns))
    }
    guard !names.isEmpty else { throw Failure.failed("\(title) holds no records") }
    self.names = names
    self.texts = texts
    lines = Array(1...names.count)
    self.title = title
  }

  /// What `--data` of a command names that only reads: a file, or a Datanet's newest milestone.
  static func dataset(_ text: String, _ context: Context) throws -> Dataset {
    guard !MappedFile.exists(text), context.home.exists else { return try OpenData.dataset(text) }
    let store = try context.storeToRead()
    let names = Names(store: store)
    guard try names.datanets().contains(where: { $0.name == text || "\($0.cid)" == text }) else {
      return try OpenData.dataset(text)
    }
    let snapshot = try NetSnapshot(of: names.datanet(text), store, context)
    return try TrainingData(snapshot, title: text, store).dataset
  }

  /// The records that hold text.
  private var dataset: Dataset {
    Dataset(
      records: texts.indices.compactMap { place in
        texts[place].map { Dataset.Record(name: names[place], line: lines[place], text: $0) }
      })
  }

  /// What cannot be read as text has no tokens, and so is never drawn.
  func encode(_ encoder: RecordEncoder) throws -> [TokenRecord] {
    try texts.enumerated().map { place, text in
      guard let text else { return TokenRecord(tokens: [], counts: []) }
      do throws(EncodingError) {
        return try encoder.encode(text)
      } catch {
        throw EncodingError.at(file: title, line: lines[place], cause: "\(error)")
      }
    }
  }
}

/// What `--data`, `--yardstick` and `--eval` name in a Datanet.
struct NetOrigin {
  let datanet: CID
  let snapshot: NetSnapshot
  let base: DatanetState.Entry
  let yardstick: DatanetState.Entry?

  /// The newest yardstick that the milestone contains: one chosen after the fact is none.
  static func yardstick(
    at milestone: CID, named: String?, _ store: Store
  ) throws -> DatanetState.Entry? {
    let entries = try store.claims.entries(at: milestone, kind: .yardstick) ?? []
    let live = entries.filter { $0.standing == .live && $0.entry.standing == .live }.map(\.entry)
    guard let named else { return live.last }
    guard let found = live.last(where: { $0.publication.name == named || "\($0.id)" == named })
    else {
      throw Failure.notFound(
        "the milestone contains no yardstick '\(Printable.line(named))'; one that was set later "
          + "counts from the next milestone on")
    }
    return found
  }
}
