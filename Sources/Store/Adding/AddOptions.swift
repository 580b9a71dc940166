// What a person chooses when adding, hears meanwhile and gets in the end.
// Specs/Store.md, "Adding".

public import Content
public import Records

public struct AddOptions: Sendable {
  /// Leave the bytes where they lie and only note where each chunk is.
  public var inPlace = false
  /// Stop at the first record that does not parse.
  public var strict = false
  /// Threads that hash and write, besides the one that reads; nil for one a processor.
  public var threads: Int?

  public init() {}
}

/// How far adding has come.
public struct AddProgress: Sendable {
  public var files = 0
  public var totalFiles = 0
  public var bytes = 0
  public var totalBytes = 0
  public var records = 0
  public var newBytes = 0
  /// The file that is being read, by its name in the contribution.
  public var currentFile = ""
}

/// A record that does not parse, in which file.
public struct FileProblem: Sendable, Equatable, CustomStringConvertible {
  public let path: ManifestPath
  public let problem: RecordProblem

  public var description: String { "\(path), \(problem)" }
}

/// What was added. All its blocks are on the disk.
///
/// Keep it until the claim that names the manifest is stored: while it lives, no collection
/// removes blocks that only this contribution needs.
public final class Addition {
  public let manifest: Manifest
  /// Chunks and manifest blocks that were not held before.
  public let newBlocks: Int
  public let newBytes: Int
  /// The first problems, at most `Adder.mostProblems`.
  public let problems: [FileProblem]
  private let lease: Lease?

  init(
    manifest: Manifest, newBlocks: Int, newBytes: Int, problems: [FileProblem],
    lease: Lease?
  ) {
    self.manifest = manifest
    self.newBlocks = newBlocks
    self.newBytes = newBytes
    self.problems = problems
    self.lease = lease
  }
}

/// A record did not parse, and the person wanted to stop there.
public struct StrictError: Error, Sendable, CustomStringConvertible {
  public let problem: FileProblem

  public var description: String {
    "\(problem); without --strict it is counted and the rest is added"
  }
}
