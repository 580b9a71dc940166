// What each of several claimants of a record gets of what it did, so that nobody gains by claiming it
// under more names (Specs/Shares.md, "Several claimants").

public enum ClaimantPart {
  /// Of a sum that `count` claimants share: above zero the more they are the less all get together,
  /// below zero equal parts of the whole.
  public static func of(_ sum: Int64, among count: Int) -> Int64 {
    sum / divisor(isGain: sum > 0, among: count)
  }

  public static func of(_ sum: Double, among count: Int) -> Double {
    sum / Double(divisor(isGain: sum > 0, among: count))
  }

  /// 2^(count − 1) of a gain, count of a loss. Sums are below 2⁶², so that nothing is left at 63.
  static func divisor(isGain: Bool, among count: Int) -> Int64 {
    isGain ? Int64(1) << Int64(min(count - 1, 62)) : Int64(count)
  }
}
