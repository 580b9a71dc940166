// The loss over a run's steps as a picture (Specs/Runs.md, "Files").

/// An SVG of 720 × 360 with the loss of every step, its running mean, and validation losses.
public struct LossCurve: Sendable {
  public var losses: [Float]
  public var validation: [(step: Int, loss: Double)]

  public init(losses: [Float], validation: [(step: Int, loss: Double)] = []) {
    self.losses = losses
    self.validation = validation
  }

  private static let (width, height) = (720.0, 360.0)
  private static let (left, right, top, bottom) = (56.0, 16.0, 28.0, 40.0)
  /// More points than this would not be seen.
  private static let pointLimit = 1440

  public var svg: String {
    let values = losses.map { Double($0) } + validation.map(\.loss)
    guard let high = values.max(), let low = values.min(), !losses.isEmpty else {
      return "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"
    }
    let floor = low - (high - low) * 0.05
    let range = max(high - floor, 1e-9)
    func x(_ step: Double) -> Double {
      Self.left + (Self.width - Self.left - Self.right) * step / Double(max(losses.count - 1, 1))
    }
    func y(_ loss: Double) -> Double {
      Self.top + (Self.height - Self.top - Self.bottom) * (high - loss) / range
    }
    func text(_ value: Double) -> String {
      let hundredths = Int((value * 100).rounded())
      let rest = hundredths.magnitude % 100
      return "\(value < 0 ? "-" : "")\(hundredths.magnitude / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
    func path(_ points: [(Double, Double)]) -> String {
      points.enumerated().map { index, point in
        "\(index == 0 ? "M" : "L")\(text(x(point.0))) \(text(y(point.1)))"
      }.joined()
    }
    let every = max(1, losses.count / Self.pointLimit)
    let raw = losses.indices.filter { $0 % every == 0 }.map { (Double($0), Double(losses[$0])) }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 360\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<title>Loss over \(losses.count) steps</title>",
      "<rect width=\"720\" height=\"360\" fill=\"#fff\"/>",
    ]
    for part in 0...4 {
      let loss = floor + range * Double(part) / 4
      lines.append(
        "<path d=\"M56 \(text(y(loss)))H704\" stroke=\"#ddd\"/>"
          + "<text x=\"50\" y=\"\(text(y(loss) + 4))\" text-anchor=\"end\">\(text(loss))</text>")
    }
    lines += [
      "<path d=\"\(path(raw))\" fill=\"none\" stroke=\"#b9cfe8\"/>",
      "<path d=\"\(path(smoothed(every)))\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>",
    ]
    for point in validation {
      lines.append(
        "<circle cx=\"\(text(x(Double(max(point.step - 1, 0)))))\" cy=\"\(text(y(point.loss)))\" "
          + "r=\"3\" fill=\"#c0392b\"/>")
    }
    lines += [
      "<text x=\"56\" y=\"18\">loss: <tspan fill=\"#1f5fa8\">training</tspan>"
        + (validation.isEmpty ? "" : ", <tspan fill=\"#c0392b\">validation</tspan>") + "</text>",
      "<text x=\"56\" y=\"346\">1</text>",
      "<text x=\"704\" y=\"346\" text-anchor=\"end\">step \(losses.count)</text>", "</svg>",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A running mean over a twentieth of the run.
  private func smoothed(_ every: Int) -> [(Double, Double)] {
    let share = 1 / Double(max(losses.count / 20, 1))
    var mean = Double(losses[0])
    var points: [(Double, Double)] = []
    for (index, loss) in losses.enumerated() {
      mean += share * (Double(loss) - mean)
      if index % every == 0 { points.append((Double(index), mean)) }
    }
    return points
  }
}
