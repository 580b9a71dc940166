// A text as a QR code of half blocks, for a camera pointed at the terminal
// (Specs/CommandLine.md, "QR codes"). The only importer of libqrencode.

import CQrencode

public struct QRCode: Sendable {
  public let width: Int
  /// Row by row; true is dark.
  let modules: [Bool]

  /// Light modules around the code; the standard asks for four, and cameras are content with two.
  private static let quiet = 2

  /// `nil` when the text is longer than the largest code holds (2,953 bytes).
  public init?(_ text: String) {
    guard let code = unsafe QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
    // The library allocated it; it is freed here, after copying.
    defer { unsafe QRcode_free(code) }
    let width = Int(unsafe code.pointee.width)
    guard let data = unsafe code.pointee.data else { return nil }
    self.width = width
    modules = (0..<width * width).map { unsafe data[$0] & 1 == 1 }
  }

  /// Two rows of modules a line. With `emphasis` the colours are set, so that the code is dark on
  /// light whatever the terminal's own are; without, light modules are drawn as blocks, which is
  /// right on a dark terminal.
  public func lines(emphasis: Bool) -> [String] {
    let range = -QRCode.quiet..<width + QRCode.quiet
    var lines: [String] = []
    for y in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
      var line = ""
      for x in range {
        switch (isLight(x, y), isLight(x, y + 1)) {
        case (true, true): line += "█"
        case (true, false): line += "▀"
        case (false, true): line += "▄"
        case (false, false): line += " "
        }
      }
      lines.append(emphasis ? "\u{1B}[97;40m\(line)\u{1B}[0m" : line)
    }
    return lines
  }

  private func isLight(_ x: Int, _ y: Int) -> Bool {
    guard x >= 0, y >= 0, x < width, y < width else { return y < width + QRCode.quiet }
    return !modules[y * width + x]
  }
}
