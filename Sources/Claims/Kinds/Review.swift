// A curator's opinion of an entry (Specs/Claims.md, "review").

internal import Content

public struct Review: Hashable, Sendable {
  public enum Opinion: Hashable, Sendable {
    case approve
    case reject
    /// From 0 to 100; shown, decides nothing.
    case score(Int)
  }

  public static let highestScore = 100

  public let target: EntryID
  public let opinion: Opinion
  public let note: String?

  public init(_ target: EntryID, _ opinion: Opinion, note: String? = nil) {
    self.target = target
    self.opinion = opinion
    self.note = note
  }

  init(_ reader: BodyReader) throws(BodyError) {
    target = try EntryID(reader)
    let score = try reader.count("score", below: Self.highestScore + 1)
    switch (try reader.text("opinion"), score) {
    case ("approve", nil): opinion = .approve
    case ("reject", nil): opinion = .reject
    case (nil, let score?): opinion = .score(score)
    default: throw BodyError(reason: "neither 'opinion' (approve, reject) nor 'score' alone")
    }
    note = try reader.text("note")
  }

  var body: Value {
    var writer = BodyWriter()
    target.put(into: &writer)
    switch opinion {
    case .approve: writer.put("opinion", "approve")
    case .reject: writer.put("opinion", "reject")
    case .score(let score): writer.put("score", score)
    }
    writer.put("note", note)
    return writer.value
  }
}
