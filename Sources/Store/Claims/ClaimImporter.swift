// Many claims at once: signatures are checked on all processors while this thread writes.
// Specs/ClaimStore.md.

public import Claims
internal import Content

/// Takes the bytes of claims in any order and of any Datanets that the home knows. Used by one
/// thread; `finish` must be called, or what is in flight is dropped.
public final class ClaimImporter {
  /// What became of the claims.
  public struct Report: Equatable, Sendable {
    /// Claims that count now and did not before.
    public var counted = 0
    public var duplicates = 0
    /// Predecessors are missing.
    public var waiting = 0
    /// Proofs that an author told two stories, and what such authors signed later.
    public var forks = 0
    public var beyondForks = 0
    /// Of Datanets that this home does not know.
    public var foreign = 0
    /// No claims: malformed, or with a wrong signature.
    public var invalid = 0
    /// Dropped, because too many claims wait.
    public var dropped = 0
    /// Why the first invalid one is none.
    public var firstError: ClaimError?

    public init() {}
  }

  /// Claims that are checked as one piece of work.
  static let groupSize = 128
  /// Claims in one transaction: indexes are touched at random places, so a page that is written
  /// once for many claims costs less than often for few.
  static let transactionSize = 32_768
  /// Memory for the pages of one transaction, so that none is written twice.
  static let cacheKibibytes = 96 << 10
  /// Pages of the log before it is moved into the file.
  static let logPages = 16_384
  /// Claims kept in memory for another try, because their predecessors come later.
  static let mostDeferred = 65_536

  private typealias Checked = [Result<Claim, ClaimError>]

  public private(set) var report = Report()
  private let store: ClaimStore
  private let work: OrderedWork<[[UInt8]], Checked>
  private var group: [[UInt8]] = []
  private var checked: [Claim] = []
  private var deferred: [Claim] = []

  /// `threads` check signatures beside this one.
  public init(_ store: ClaimStore, threads: Int? = nil) {
    self.store = store
    // Both settings end with `deinit`; without them the import is only slower.
    _ = try? store.database.execute(
      """
      PRAGMA cache_size = -\(Self.cacheKibibytes);
      PRAGMA wal_autocheckpoint = \(Self.logPages)
      """)
    work = OrderedWork(threads: threads ?? Worker.processors, mostWaiting: 64) { group in
      group.map { bytes in
        do throws(ClaimError) { return .success(try Claim(verifying: bytes)) } catch {
          return .failure(error)
        }
      }
    }
  }

  deinit {
    work.close()
    _ = try? store.database.execute(
      "PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = 1000; PRAGMA shrink_memory")
  }

  public func add(_ bytes: [UInt8]) throws {
    group.append(bytes)
    guard group.count == Self.groupSize else { return }
    submit()
    while let answer = try work.nextReady() { try take(answer) }
  }

  /// Writes what is left and says what became of everything.
  public func finish() throws -> Report {
    submit()
    while let answer = try work.next() { try take(answer) }
    try write()
    try retry()
    return report
  }

  private func submit() {
    guard !group.isEmpty else { return }
    work.submit(group)
    group = []
  }

  private func take(_ answer: Checked) throws {
    for result in answer {
      switch result {
      case .success(let claim): checked.append(claim)
      case .failure(let error):
        report.invalid += 1
        if report.firstError == nil { report.firstError = error }
      }
    }
    if checked.count >= Self.transactionSize { try write() }
  }

  private func write() throws {
    let claims = checked
    checked = []
    guard !claims.isEmpty else { return }
    for (claim, insertion) in zip(claims, try store.insert(claims)) {
      switch insertion {
      case .counted(let count):
        report.counted += count
        report.waiting -= count - 1
      case .duplicate: report.duplicates += 1
      case .waiting: report.waiting += 1
      case .forked: report.forks += 1
      case .beyondFork: report.beyondForks += 1
      case .foreign: report.foreign += 1
      case .refused:
        if deferred.count < Self.mostDeferred {
          deferred.append(claim)
        } else {
          report.dropped += 1
        }
      }
    }
  }

  /// Claims that found no place to wait are tried again, in the order of their chains.
  private func retry() throws {
    while !deferred.isEmpty {
      let before = deferred.count
      checked = deferred.sorted { ($0.author, $0.height) < ($1.author, $1.height) }
      deferred = []
      try write()
      if deferred.count == before {
        report.dropped += before
        deferred = []
      }
    }
  }
}
