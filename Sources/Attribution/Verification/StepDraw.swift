// Which steps a verifier's random bytes choose, so that whoever reads a verdict draws them again
// (Specs/Verification.md, "Draw").

public import Claims
public import Cryptography

public enum StepDraw {
  /// Stands before everything that is hashed for a draw.
  private static let label = Array("datanet/draw/1".utf8)

  /// What the permutation is drawn from: run and verifier are part of it, so that no two verifiers
  /// draw the same steps from the same bytes, and none draws the same steps of two runs. Who signs
  /// nothing has no key.
  public static func seed(_ bytes: Digest, run: Digest, verifier: PublicKey?) -> Digest {
    SHA256.hash(label + run.bytes + (verifier?.bytes ?? []) + bytes.bytes)
  }

  /// `count` steps of a run of `steps`, in the order in which they are drawn, passing by those in
  /// `besides`; fewer when there are no more.
  public static func steps(
    _ seed: Digest, of steps: Int, count: Int, besides: StepSet = StepSet([Int]())
  ) -> [Int] {
    let order = VerificationPlan.order(draw: seed, of: steps)
    return Array(order.lazy.filter { !besides.contains($0) }.prefix(max(0, count)))
  }

  /// Whether a verdict's drawn steps are those that its bytes choose.
  public static func follows(
    _ draw: Verdict.Draw, run: Digest, verifier: PublicKey, of steps: Int
  ) -> Bool {
    let count = draw.steps.count
    guard count <= steps else { return false }
    let seed = seed(draw.bytes, run: run, verifier: verifier)
    return StepSet(Self.steps(seed, of: steps, count: count, besides: draw.besides)) == draw.steps
  }
}
