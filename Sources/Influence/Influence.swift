// Which records an answer comes from, estimated from gradients (Specs/Influence.md). Exploratory: it
// reaches FastMath, so nothing that makes or checks a proof imports this module.

public import Checkpoints
public import FastMath
public import Learning

/// How a record's influence on a query is estimated.
public enum InfluenceMethod: String, CaseIterable, Sendable {
  /// Cosines of gradients through Kronecker-factored curvature with corrected eigenvalues, half way
  /// from the base to the adapter.
  case ekfac
  /// The same at three points on the way, which costs three times as much.
  case ekfacPath = "ekfac-path"
  /// Products of gradients through the same curvature, at the adapter alone: the usual EK-FAC.
  case ekfacEnd = "ekfac-end"
  /// Plain products of gradients.
  case graddot
  /// The closed form of the DataInf paper, layer by layer.
  case datainf
  /// Cosines of mean hidden states.
  case repsim

  /// What is nearest to retraining among what one pass over the records affords
  /// (Specs/Influence.md, "Judged").
  public static let standard = InfluenceMethod.ekfac

  /// What an index has to be made with to name suspects.
  public static let forSuspects = InfluenceMethod.ekfacEnd

  /// The points on the way from the base (0) to the adapter (1) at which gradients are taken.
  public var points: [Float] {
    switch self {
    case .ekfac: [0.5]
    case .ekfacPath: [0.25, 0.5, 1]
    case .ekfacEnd, .graddot, .datainf, .repsim: [1]
    }
  }
  /// Whether gradients are seen through the curvature.
  public var usesCurvature: Bool { self == .ekfac || self == .ekfacPath || self == .ekfacEnd }
  /// Whether the gradients of the adapter's Bs stand for all: those of its As add cost and no truth.
  var takesOnlyB: Bool { self == .ekfac || self == .ekfacPath }
  /// Whether only the direction of a record's features counts.
  var isCosine: Bool { self == .ekfac || self == .ekfacPath || self == .repsim }
  /// At which of the points a query's length tells how much its loss moves; nil where scores stay as
  /// they are.
  var scalePoint: Int? { points.firstIndex(of: 0.5) }
}

/// What is done and how far, in records.
public struct InfluenceProgress: Sendable, Hashable {
  public enum Stage: String, Sendable { case factors, eigenvalues, gradients, queries }

  public let stage: Stage
  public let done: Int
  public let total: Int
}

public enum InfluenceError: Error, CustomStringConvertible {
  case checkpoint(CheckpointError)
  case step(StepError)
  case algebra(FastMathError)
  case noIndex(file: String, problem: String)
  case otherIndex(file: String, problem: String)
  case nothingCounts(String)
  case notFinite(record: Int)

  public var description: String {
    switch self {
    case .checkpoint(let error): "\(error)"
    case .step(let error): "\(error)"
    case .algebra(let error): "\(error)"
    case .noIndex(let file, let problem):
      "\(file) is no index of influence: \(problem); remove it, and it is made again"
    case .otherIndex(let file, let problem):
      "\(file) is an index of something else: \(problem); give another --index, or remove it"
    case .nothingCounts(let what):
      "no token of \(what) counts in the loss: give prompt and completion, or use --loss all"
    case .notFinite(let record):
      "the gradient of record \(record + 1) is not finite: the adapter or the base is damaged; see "
        + "`datanet eval`"
    }
  }
}

/// Runs a body whose error becomes one of this module's.
func translated<Result>(_ body: () throws -> Result) throws(InfluenceError) -> Result {
  do {
    return try body()
  } catch let error as InfluenceError {
    throw error
  } catch let error as StepError {
    throw .step(error)
  } catch let error as CheckpointError {
    throw .checkpoint(error)
  } catch let error as FastMathError {
    throw .algebra(error)
  } catch {
    // The bodies here throw nothing else.
    throw .noIndex(file: "the index", problem: "\(error)")
  }
}
