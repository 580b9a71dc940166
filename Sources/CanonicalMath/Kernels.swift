// Which kernels run, on how many threads, and whether the CPU rounds as it must
// (`Specs/Arithmetic.md`, "Kernels" and "Threads"). None of it can change a bit of a result.

import CanonicalKernels

/// The variants of the one arithmetic.
public enum KernelVariant: Int32, Sendable, CaseIterable {
  case avx512 = 0
  case avx2 = 1
  case neon = 2
  case portable = 3

  public var name: String { "\(self)" }
  /// True where this binary has the variant and this CPU can run it.
  public var isAvailable: Bool { unsafe ck_variant(rawValue) != nil }
}

public struct KernelError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public enum Kernels {
  /// The version of the arithmetic, which every recipe names.
  public static let arithmeticVersion = Int(CK_ARITHMETIC_VERSION)

  public static var available: [KernelVariant] { KernelVariant.allCases.filter(\.isAvailable) }

  /// The variant in use: the best, or the one that `DATANET_KERNELS` names.
  public static var current: KernelVariant {
    let name = unsafe String(cString: ck_kernels().pointee.name)
    return KernelVariant.allCases.first { $0.name == name } ?? .portable
  }

  /// Called once at start-up: refuses a `DATANET_KERNELS` that cannot be obeyed and a CPU set to
  /// flush subnormals or round otherwise than to nearest even.
  public static func check() throws(KernelError) {
    if let reason = unsafe ck_selection_error() {
      let usable = available.map(\.name).joined(separator: ", ")
      throw KernelError(
        description: "\(unsafe String(cString: reason)); available here: \(usable), or unset it")
    }
    if ck_environment_is_canonical() == 0 {
      throw KernelError(
        description: "a library has set the CPU to flush subnormals or to round differently "
          + "(MXCSR/FPCR); the canonical arithmetic cannot run in this process")
    }
  }
  /// Forces a variant, for tests and measurements.
  public static func use(_ variant: KernelVariant) throws(KernelError) {
    if ck_use_variant(variant.rawValue) == 0 {
      throw KernelError(description: "the kernels \(variant.name) are not available on this CPU")
    }
  }

  /// Makes this thread's CPU flush subnormals, or not: what some libraries do, for tests of `check`.
  public static func setFlushToZero(_ on: Bool) { ck_set_flush_to_zero(on ? 1 : 0) }

  /// Threads that share one call's outputs, the caller included. The default is every CPU that the
  /// process may use. A call made while another thread's runs keeps to its own thread.
  public static var threads: Int {
    get { Int(ck_threads()) }
    set { ck_set_threads(Int32(clamping: newValue)) }
  }
}
