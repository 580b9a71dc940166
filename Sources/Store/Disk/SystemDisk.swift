// The operating system's files. Specs/Store.md, "Durability".

internal import Glibc

package final class SystemDisk: Disk {
  /// Of files that are made.
  private let permissions: UInt32
  private let isDirect: Bool

  /// `isDirect` lets large writes pass by the page cache.
  package init(permissions: UInt32 = 0o600, isDirect: Bool = true) {
    self.permissions = permissions
    self.isDirect = isDirect
  }

  package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any DiskFile {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .write: O_RDWR
      case .create: O_RDWR | O_CREAT | O_EXCL
      }
    let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, mode_t(permissions))
    guard descriptor >= 0 else {
      throw DiskError(operation: mode == .create ? "make" : "open", path: path, code: errno)
    }
    let direct =
      mode == .read || !isDirect ? nil : DirectAccess(path: path, of: descriptor)
    return SystemFile(path: path, descriptor: descriptor, direct: direct)
  }

  package func remove(_ path: String) throws(DiskError) {
    guard unsafe unlink(path) == 0 else {
      throw DiskError(operation: "remove", path: path, code: errno)
    }
  }

  package func names(in directory: String) throws(DiskError) -> [String] {
    guard let stream = unsafe opendir(directory) else {
      throw DiskError(operation: "list", path: directory, code: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package func syncDirectory(_ directory: String) throws(DiskError) {
    try SmallFile.syncDirectory(of: "\(directory)/")
  }

  package func freeBytes(at path: String) -> Int? {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { return nil }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflow ? nil : Int(clamping: bytes)
  }
}

/// An open descriptor; closed in `deinit`.
final class SystemFile: DiskFile {
  /// What `pwritev` takes at once.
  private static let mostParts = 1024

  let path: String
  private let descriptor: Int32
  /// For large writes, where the file system has it.
  private let direct: DirectAccess?

  init(path: String, descriptor: Int32, direct: DirectAccess? = nil) {
    self.path = path
    self.descriptor = descriptor
    self.direct = direct
  }

  deinit { close(descriptor) }

  private func failure(_ operation: String) -> DiskError {
    DiskError(operation: operation, path: path, code: errno)
  }

  func size() throws(DiskError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure("look at") }
    return Int(status.st_size)
  }

  func stamp() -> FileStamp? {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? FileStamp(status) : nil
  }

  func isLinked() -> Bool {
    var mine = stat()
    var named = stat()
    return unsafe fstat(descriptor, &mine) == 0 && stat(path, &named) == 0
      && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let count = unsafe pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("read")
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func read(
    into parts: [UnsafeMutableRawBufferPointer], at offset: Int
  ) throws(DiskError) -> Bool {
    var place = offset
    for start in unsafe stride(from: 0, to: parts.count, by: Self.mostParts) {
      let some = unsafe parts[start..<min(start + Self.mostParts, parts.count)]
      let vectors = unsafe some.map { unsafe iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
      let wanted = unsafe some.reduce(0) { $0 + $1.count }
      let count = unsafe preadv(descriptor, vectors, Int32(vectors.count), off_t(place))
      if count < 0, errno != EINTR { throw failure("read") }
      if count != wanted {
        // A signal came in between, or the file ends: one after the other tells which.
        var at = place
        for index in unsafe some.indices {
          let part = unsafe some[index]
          guard try unsafe read(into: part, at: at) == part.count else { return false }
          at += part.count
        }
      }
      place += wanted
    }
    return true
  }

  /// What the page cache has comes from there; the rest passes by it, since filling the cache
  /// costs more than hashing, and would push out what somebody uses.
  func readThrough(
    into buffer: DiskBuffer, at offset: Int, count: Int
  ) throws(DiskError) -> UnsafeRawBufferPointer {
    let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
    if count >= DirectAccess.leastBytes, !isCached(offset..<offset + count),
      let read = unsafe DirectAccess.read(
        path, of: descriptor, into: buffer, at: offset, count: count)
    {
      return unsafe read
    }
    let done = try unsafe read(into: wanted, at: offset)
    return unsafe UnsafeRawBufferPointer(rebasing: wanted[..<done])
  }

  /// Whether the page cache has all of a stretch.
  private func isCached(_ range: Range<Int>) -> Bool {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let length = range.upperBound - start
    let address = unsafe mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, off_t(start))
    // MAP_FAILED is the pointer whose bits are all ones.
    guard let address = unsafe address, UInt(bitPattern: address) != UInt.max else { return false }
    defer { unsafe munmap(address, length) }
    var pages = [UInt8](repeating: 0, count: (length + page - 1) / page)
    return unsafe mincore(address, length, &pages) == 0 && pages.allSatisfy { $0 & 1 != 0 }
  }

  func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) {
    let count = unsafe parts.reduce(0) { $0 + $1.count }
    guard let direct, direct.suits(count) else { return try unsafe writeCached(parts, at: offset) }
    let done: Range<Int>
    do throws(DiskError.Code) {
      done = try unsafe direct.write(parts, at: offset)
    } catch {
      throw DiskError(operation: "write", path: path, code: error.number)
    }
    try unsafe writeCached(Self.part(of: parts, 0..<done.lowerBound - offset), at: offset)
    try unsafe writeCached(
      Self.part(of: parts, done.upperBound - offset..<count), at: done.upperBound)
  }

  /// A stretch of pieces that follow each other.
  private static func part(
    of parts: [UnsafeRawBufferPointer], _ range: Range<Int>
  ) -> [UnsafeRawBufferPointer] {
    var start = 0
    var chosen: [UnsafeRawBufferPointer] = unsafe []
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      let wanted = range.clamped(to: start..<start + part.count)
      if !wanted.isEmpty {
        unsafe chosen.append(
          UnsafeRawBufferPointer(
            rebasing: part[wanted.lowerBound - start..<wanted.upperBound - start]))
      }
      start += part.count
    }
    return unsafe chosen
  }

  private func writeCached(
    _ parts: [UnsafeRawBufferPointer], at offset: Int
  ) throws(DiskError) {
    var vectors: [iovec] = unsafe []
    unsafe vectors.reserveCapacity(parts.count)
    for index in unsafe parts.indices {
      let part = unsafe parts[index]
      if unsafe part.isEmpty { continue }
      unsafe vectors.append(
        iovec(iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: part.count))
    }
    var first = 0
    var place = offset
    while unsafe first < vectors.count {
      let count = unsafe min(vectors.count - first, Self.mostParts)
      let written = unsafe vectors.withUnsafeBufferPointer {
        unsafe pwritev(descriptor, $0.baseAddress! + first, Int32(count), off_t(place))
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw failure("write")
      }
      place += written
      // A short write goes on behind its last byte.
      var rest = written
      while rest > 0 {
        let length = unsafe vectors[first].iov_len
        if rest < length {
          unsafe vectors[first].iov_base += rest
          unsafe vectors[first].iov_len -= rest
          break
        }
        rest -= length
        first += 1
      }
    }
  }

  func truncate(to size: Int) throws(DiskError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("shorten") }
  }

  func sync() throws(DiskError) {
    guard fdatasync(descriptor) == 0 else { throw failure("sync") }
  }

  func tryLock() throws(DiskError) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK { return false }
      throw failure("lock")
    }
    return true
  }
}
