// Small files are read and searched for records on several threads, some ahead of the cutter:
// most of their time goes into the file system. Specs/Store.md, "Adding".

internal import Content
internal import Records

/// A small file, read and searched for records.
struct ReadFile: Sendable {
  let stamp: FileStamp
  let bytes: [UInt8]
  let format: RecordFormat
  let ends: [Int]
  let summary: RecordSummary
}

/// Neighbouring files of a contribution; nil in `read` for a file that is not small.
struct FileGroup: Sendable {
  /// Files beyond this many bytes are read piece by piece instead.
  static let largestFile = 64 << 10
  static let mostFiles = 64

  let files: [FileToAdd]
  /// So many problems of each file are told; none when enough are known.
  let mostProblems: Int
  var read: [ReadFile?] = []

  /// Fails like reading piece by piece would, at the same file.
  func reading() throws -> FileGroup {
    var group = self
    let disk = SystemDisk()
    for file in files {
      let source = try disk.open(file.location, .read)
      guard let stamp = source.stamp(), stamp.size <= Self.largestFile,
        let bytes = try source.bytes(at: 0, count: stamp.size), source.stamp() == stamp
      else {
        group.read.append(nil)
        continue
      }
      let format = RecordFormat.recognised(
        fileName: file.path.text, head: bytes, isWhole: true)
      var scanner = RecordScanner(format: format, mostProblems: mostProblems)
      var ends: [Int] = []
      unsafe bytes.withUnsafeBytes { unsafe scanner.scan($0, ends: &ends) }
      scanner.finish(ends: &ends)
      group.read.append(
        ReadFile(
          stamp: stamp, bytes: bytes, format: format, ends: ends, summary: scanner.summary))
    }
    return group
  }
}
