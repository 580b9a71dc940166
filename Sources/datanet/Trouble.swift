// Errors of the modules, as the one line and the exit code that a person gets
// (Specs/CommandLine.md, "Exit codes").

import Claims
import Content
import Cryptography
import Store
import Terminal

enum Trouble {
  /// Runs `work`, and turns whatever it throws into a `Failure`.
  static func translated<Result>(_ work: () throws -> Result) throws(Failure) -> Result {
    do {
      return try work()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(code(of: error), "\(error)")
    }
  }

  private static func code(of error: any Error) -> ExitCode {
    switch error {
    case is DagCBORError: .refused
    case is CIDError: .usage
    case is ClaimError, is CARError, is ManifestError, is StrictError: .refused
    case let error as ClaimStoreError: code(of: error)
    case let error as StoreError: code(of: error)
    case let error as DiskError: error.isAboutSomethingAskedFor ? .notFound : .failed
    default: .failed
    }
  }

  private static func code(of error: StoreError) -> ExitCode {
    switch error {
    case .missing, .noStore: .notFound
    case .damaged, .changedInPlace, .wrongAddress: .refused
    case .tooLarge, .storeExists, .quota, .cancelled, .collectionRunning: .failed
    }
  }

  private static func code(of error: ClaimStoreError) -> ExitCode {
    switch error {
    case .unknownDatanet, .notGenesis: .notFound
    case .ownChainIncomplete, .ownChainForked: .refused
    }
  }
}

extension DiskError {
  /// A file that was named and is not there; a directory that cannot be made is a failure.
  fileprivate var isAboutSomethingAskedFor: Bool {
    kind == .missing && ["open", "find", "look at", "read"].contains(operation)
  }
}
