// How fast this machine multiplies, for estimates of time.

import CanonicalMath

enum Pace {
  /// A model reaches about this share of what one large product reaches.
  private static let share = 0.6

  /// Seconds for so many additions and multiplications, from a product of 0.1 s or less.
  static func seconds(for operations: Double) throws -> Double {
    let side = 512
    let a = Matrix(rows: side, columns: side)
    var c = Matrix(rows: side, columns: side)
    Canonical.product(.nt, a, a, into: &c)
    let start = Moment.monotonic()
    var count = 0
    while count < 4 || (Moment.monotonic() - start < 0.05 && count < 64) {
      Canonical.product(.nt, a, a, into: &c)
      count += 1
    }
    let perSecond =
      Double(count) * 2 * Double(side * side * side) / max(Moment.monotonic() - start, 1e-9)
    return operations / (perSecond * share)
  }
}
