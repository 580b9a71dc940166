// Writes the files of contributions below a folder: under another name first, so that what has its
// name is whole (Specs/Store.md, "Getting").

import Content
import Glibc
import Store
import Terminal

struct FileTreeWriter {
  let directory: String
  let overwrites: Bool
  private(set) var files = 0
  private(set) var bytes = 0
  /// Files that were there and equal.
  private(set) var unchanged = 0
  private var madeFolders: Set<String> = []

  init(directory: String, overwrites: Bool) {
    self.directory = directory
    self.overwrites = overwrites
  }

  /// Writes all files of a contribution; `report` hears of bytes and names, and answers whether to
  /// go on.
  mutating func write(
    _ reader: ContributionReader, prefix: String, report: (Int, String) -> Bool
  ) throws {
    var cursor = reader.manifest.fileCursor()
    let source = reader.manifestSource
    var current: OpenFile?
    defer { current?.discard() }
    // Files without bytes have no part in the stream: they are written when their turn comes.
    func nextWithBytes() throws -> OpenFile? {
      while let item = try cursor.next(source) {
        let file = try open(prefix + item.item.path.text, bytes: Int(item.item.bytes))
        if item.item.bytes > 0 { return file }
        try close(file)
      }
      return nil
    }
    current = try nextWithBytes()
    try reader.read(0..<reader.manifest.bytes) { piece in
      var start = 0
      while start < piece.count, var file = current {
        let count = min(piece.count - start, file.remaining)
        try file.take(piece[start..<start + count])
        current = file
        start += count
        if file.remaining == 0 {
          current = nil
          try close(file)
          current = try nextWithBytes()
        }
      }
      guard report(piece.count, current?.path ?? "") else {
        throw Failure.failed(
          "stopped: \(Quantity.count(files + unchanged, "file is", "files are")) whole in "
            + "\(directory); the same command goes on from there")
      }
    }
  }

  private mutating func open(_ path: String, bytes: Int) throws -> OpenFile {
    let full = "\(directory)/\(path)"
    try makeFolders(above: full)
    return try OpenFile(path: full, bytes: bytes)
  }

  private mutating func close(_ file: consuming OpenFile) throws {
    if try file.keep(overwrites: overwrites) {
      files += 1
      bytes += file.byteCount
    } else {
      unchanged += 1
    }
  }

  private mutating func makeFolders(above path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { return }
    let folder = String(path[..<slash])
    guard !folder.isEmpty, !madeFolders.contains(folder) else { return }
    try makeFolders(above: folder)
    if unsafe mkdir(folder, 0o777) != 0, errno != EEXIST {
      throw DiskError(operation: "make the folder", path: folder, code: errno)
    }
    madeFolders.insert(folder)
  }

  /// One file on its way: compared with what is there as long as that is equal, written beside it
  /// from the first difference on.
  struct OpenFile {
    /// Larger files pass by the page cache: little of them is read again at once, and finding
    /// memory for them costs the system more than writing them.
    private static let largestCached = 64 << 20

    let path: String
    let byteCount: Int
    private(set) var remaining: Int
    private let temporary: String
    private var output: (any DiskFile)?
    /// Bytes of the file that are written.
    private var written = 0
    /// The file that is there already, as long as it is equal so far.
    private var existing: Int32 = -1
    private var hadExisting = false

    init(path: String, bytes: Int) throws {
      self.path = path
      byteCount = bytes
      remaining = bytes
      // Not the file's own name with something behind: that can be too long for a name.
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      temporary = "\(folder).datanet-\(getpid()).part"
      var status = stat()
      if unsafe lstat(path, &status) == 0 {
        hadExisting = true
        if status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) == bytes {
          existing = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        }
      }
      if existing < 0 { try beginWriting() }
    }

    private mutating func beginWriting() throws {
      // What a stopped process of the same number left behind.
      unsafe unlink(temporary)
      output = try SystemDisk(permissions: 0o666, isDirect: byteCount > Self.largestCached)
        .open(temporary, .create)
    }

    mutating func take(_ piece: ArraySlice<UInt8>) throws {
      if existing >= 0, try !equalsExisting(piece) { try leaveExisting() }
      if existing < 0 { try write(piece) }
      remaining -= piece.count
    }

    private func equalsExisting(_ piece: ArraySlice<UInt8>) throws -> Bool {
      var bytes = [UInt8](repeating: 0, count: piece.count)
      let offset = byteCount - remaining
      var got = 0
      while got < bytes.count {
        let count = unsafe bytes.withUnsafeMutableBytes {
          unsafe pread(existing, $0.baseAddress! + got, piece.count - got, offset + got)
        }
        if count <= 0 { return false }
        got += count
      }
      return bytes[...] == piece
    }

    /// The first difference: what was equal so far is copied, the rest comes.
    private mutating func leaveExisting() throws {
      try beginWriting()
      var offset = 0
      let end = byteCount - remaining
      while offset < end {
        var part = [UInt8](repeating: 0, count: min(1 << 20, end - offset))
        let count = unsafe pread(existing, &part, part.count, offset)
        if count <= 0 { throw DiskError(operation: "read", path: path, code: errno) }
        try write(part[..<count])
        offset += count
      }
      Glibc.close(existing)
      existing = -1
    }

    private mutating func write(_ piece: ArraySlice<UInt8>) throws {
      guard let output else { return }
      try unsafe piece.withUnsafeBytes { try unsafe output.write([$0], at: written) }
      written += piece.count
    }

    /// Gives the file its name; false when it was there already.
    mutating func keep(overwrites: Bool) throws -> Bool {
      if existing >= 0 {
        Glibc.close(existing)
        return false
      }
      output = nil
      if hadExisting, !overwrites {
        unsafe unlink(temporary)
        throw Failure.failed("\(path) is there and differs; --overwrite replaces it")
      }
      guard unsafe rename(temporary, path) == 0 else {
        let code = errno
        unsafe unlink(temporary)
        throw DiskError(operation: "name", path: path, code: code)
      }
      return true
    }

    func discard() {
      if existing >= 0 { Glibc.close(existing) }
      if output != nil { unsafe unlink(temporary) }
    }
  }
}
