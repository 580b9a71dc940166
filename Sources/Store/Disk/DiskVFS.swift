// SQLite's files on a `Disk`, so that a simulated power cut takes databases and packs at the same
// moment. Specs/Store.md, "Durability".

internal import CSQLite
internal import Glibc
internal import Synchronization

/// Registers a file system with SQLite for as long as this object lives. Databases opened with
/// its name must be the only connection to their file: there is no shared memory.
///
/// Safe to share: what SQLite changes in the registered structure is guarded by SQLite itself,
/// and this object only frees it.
@safe package final class DiskVFS: @unchecked Sendable {
  /// To be given to `Database`.
  package let name: String
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  /// Freed in `deinit`, after SQLite has forgotten it.
  private let storedName: UnsafeMutablePointer<CChar>
  private let methods: UnsafeMutablePointer<sqlite3_io_methods>

  private static let counter = Atomic<Int>(0)

  /// What a callback finds behind `pAppData`.
  @unsafe fileprivate final class Root {
    let disk: MemoryDisk
    let methods: UnsafeMutablePointer<sqlite3_io_methods>
    var temporaries = 0
    var randomness: UInt8 = 0

    init(_ disk: MemoryDisk, _ methods: UnsafeMutablePointer<sqlite3_io_methods>) {
      unsafe self.disk = disk
      unsafe self.methods = methods
    }
  }

  /// What a callback finds behind an open file.
  fileprivate final class Opened {
    let file: any DiskFile
    let disk: MemoryDisk
    var isNew: Bool

    init(_ file: any DiskFile, _ disk: MemoryDisk, isNew: Bool) {
      self.file = file
      self.disk = disk
      self.isNew = isNew
    }
  }

  package init(_ disk: MemoryDisk) {
    name = "disk\(Self.counter.add(1, ordering: .relaxed).newValue)"
    unsafe storedName = strdup(name)
    unsafe methods = .allocate(capacity: 1)
    unsafe methods.initialize(to: Callbacks.methods)
    unsafe vfs = .allocate(capacity: 1)
    unsafe vfs.initialize(to: Callbacks.vfs)
    unsafe vfs.pointee.zName = UnsafePointer(storedName)
    let root = unsafe Root(disk, methods)
    unsafe vfs.pointee.pAppData = Unmanaged.passRetained(root).toOpaque()
    unsafe sqlite3_vfs_register(vfs, 0)
  }

  deinit {
    unsafe sqlite3_vfs_unregister(vfs)
    if let data = unsafe vfs.pointee.pAppData {
      unsafe Unmanaged<Root>.fromOpaque(data).release()
    }
    unsafe vfs.deallocate()
    unsafe methods.deallocate()
    unsafe free(storedName)
  }
}

/// The functions that SQLite calls. They capture nothing; what they need hangs on their arguments.
private enum Callbacks {
  /// SQLite's part of an open file, then a retained `Opened`.
  @unsafe private struct Slot {
    var base: sqlite3_file
    var opened: UnsafeMutableRawPointer?
  }

  // SQLITE_IOERR_… are no constants in Swift: 10 with a second byte.
  private static let shortRead = SQLITE_IOERR | 2 << 8

  private static func code(_ error: DiskError) -> Int32 {
    switch error.kind {
    case .full: SQLITE_FULL
    case .readOnly: SQLITE_READONLY
    default: SQLITE_IOERR
    }
  }

  private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> DiskVFS.Opened? {
    guard let file = unsafe file,
      let opened = unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: Slot.self)
        .pointee.opened
    else { return nil }
    return unsafe Unmanaged<DiskVFS.Opened>.fromOpaque(opened).takeUnretainedValue()
  }

  private static func root(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> DiskVFS.Root? {
    guard let data = unsafe vfs?.pointee.pAppData else { return nil }
    return unsafe Unmanaged<DiskVFS.Root>.fromOpaque(data).takeUnretainedValue()
  }

  private static func trying(_ body: () throws(DiskError) -> Void) -> Int32 {
    do throws(DiskError) {
      try body()
      return SQLITE_OK
    } catch {
      return code(error)
    }
  }

  static var methods: sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 1
    unsafe methods.xClose = { file in
      guard let file = unsafe file else { return SQLITE_OK }
      let slot = unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: Slot.self)
      if let opened = unsafe slot.pointee.opened {
        unsafe Unmanaged<DiskVFS.Opened>.fromOpaque(opened).release()
      }
      unsafe slot.pointee.opened = nil
      return SQLITE_OK
    }
    unsafe methods.xRead = { file, buffer, count, offset in
      guard let opened = unsafe Callbacks.opened(file), let buffer = unsafe buffer else {
        return SQLITE_IOERR
      }
      let wanted = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
      guard let done = try? unsafe opened.file.read(into: wanted, at: Int(offset)) else {
        return SQLITE_IOERR
      }
      if done == Int(count) { return SQLITE_OK }
      unsafe memset(buffer + done, 0, Int(count) - done)
      return Callbacks.shortRead
    }
    unsafe methods.xWrite = { file, buffer, count, offset in
      guard let opened = unsafe Callbacks.opened(file), let buffer = unsafe buffer else {
        return SQLITE_IOERR
      }
      return Callbacks.trying { () throws(DiskError) in
        try unsafe opened.file.write(
          [UnsafeRawBufferPointer(start: buffer, count: Int(count))], at: Int(offset))
      }
    }
    unsafe methods.xTruncate = { file, size in
      guard let opened = unsafe Callbacks.opened(file) else { return SQLITE_IOERR }
      return Callbacks.trying { () throws(DiskError) in try opened.file.truncate(to: Int(size)) }
    }
    unsafe methods.xSync = { file, _ in
      guard let opened = unsafe Callbacks.opened(file) else { return SQLITE_IOERR }
      return Callbacks.trying { () throws(DiskError) in
        try opened.file.sync()
        // As SQLite's own does: a new log's name must be on the disk with its bytes.
        if opened.isNew {
          try opened.disk.syncDirectory(Callbacks.directory(of: opened.file.path))
          opened.isNew = false
        }
      }
    }
    unsafe methods.xFileSize = { file, size in
      guard let opened = unsafe Callbacks.opened(file), let bytes = try? opened.file.size() else {
        return SQLITE_IOERR
      }
      unsafe size?.pointee = sqlite3_int64(bytes)
      return SQLITE_OK
    }
    // One connection a file: nobody to lock out.
    unsafe methods.xLock = { _, _ in SQLITE_OK }
    unsafe methods.xUnlock = { _, _ in SQLITE_OK }
    unsafe methods.xCheckReservedLock = { _, result in
      unsafe result?.pointee = 0
      return SQLITE_OK
    }
    unsafe methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    unsafe methods.xSectorSize = { _ in Int32(MemoryDisk.sectorBytes) }
    unsafe methods.xDeviceCharacteristics = { _ in 0 }
    return methods
  }

  static var vfs: sqlite3_vfs {
    var vfs = unsafe sqlite3_vfs()
    unsafe vfs.iVersion = 1
    unsafe vfs.szOsFile = Int32(MemoryLayout<Slot>.size)
    unsafe vfs.mxPathname = 1024
    unsafe vfs.xOpen = { vfs, name, file, flags, outFlags in
      guard let root = unsafe Callbacks.root(vfs), let file = unsafe file else {
        return SQLITE_CANTOPEN
      }
      unsafe file.pointee.pMethods = nil
      let path: String
      if let name = unsafe name {
        path = unsafe String(cString: name)
      } else {
        unsafe root.temporaries += 1
        path = unsafe "/temporary/\(root.temporaries)"
      }
      let isNew = unsafe flags & SQLITE_OPEN_CREATE != 0 && !root.disk.exists(path)
      guard let opened = unsafe try? root.disk.open(path, isNew ? .create : .write) else {
        return SQLITE_CANTOPEN
      }
      let slot = unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: Slot.self)
      let object = unsafe DiskVFS.Opened(opened, root.disk, isNew: isNew)
      unsafe slot.pointee.opened = Unmanaged.passRetained(object).toOpaque()
      unsafe slot.pointee.base.pMethods = UnsafePointer(root.methods)
      unsafe outFlags?.pointee = flags
      return SQLITE_OK
    }
    unsafe vfs.xDelete = { vfs, name, syncs in
      guard let root = unsafe Callbacks.root(vfs), let name = unsafe name else {
        return SQLITE_IOERR
      }
      let path = unsafe String(cString: name)
      return Callbacks.trying { () throws(DiskError) in
        if unsafe !root.disk.exists(path) { return }
        unsafe try root.disk.remove(path)
        if syncs != 0 { unsafe try root.disk.syncDirectory(Callbacks.directory(of: path)) }
      }
    }
    unsafe vfs.xAccess = { vfs, name, _, result in
      guard let root = unsafe Callbacks.root(vfs), let name = unsafe name else {
        return SQLITE_IOERR
      }
      unsafe result?.pointee = root.disk.exists(String(cString: name)) ? 1 : 0
      return SQLITE_OK
    }
    unsafe vfs.xFullPathname = { _, name, count, output in
      guard let name = unsafe name, let output = unsafe output,
        unsafe strlen(name) < Int(count)
      else { return SQLITE_CANTOPEN }
      unsafe strcpy(output, name)
      return SQLITE_OK
    }
    unsafe vfs.xRandomness = { vfs, count, output in
      guard let root = unsafe Callbacks.root(vfs), let output = unsafe output else { return 0 }
      // The same run makes the same files.
      for index in 0..<Int(count) {
        unsafe root.randomness = unsafe root.randomness &* 5 &+ 1
        unsafe output[index] = CChar(bitPattern: root.randomness)
      }
      return count
    }
    unsafe vfs.xSleep = { _, microseconds in microseconds }
    unsafe vfs.xCurrentTime = { _, output in
      unsafe output?.pointee = 2_440_587.5
      return SQLITE_OK
    }
    unsafe vfs.xGetLastError = { _, _, _ in 0 }
    return unsafe vfs
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
