// What a running peer writes down: one line an event, in fields that a program can read, few unless
// asked for (Specs/Running.md, "Log").

import Glibc
import JSON
import Terminal

/// How much an event matters.
enum LogLevel: Int, Comparable {
  case debug, info, warning, error

  var name: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }

  static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// `2026-03-01T12:30:05.123Z level=warning event=banned peer=… reason="sent a wrong chunk"`.
final class PeerLog {
  /// A log file that has grown beyond this becomes `peer.log.1`, and a new one begins.
  static let mostFileBytes = 8 << 20

  private let least: LogLevel
  /// Nil writes to standard error.
  private let path: String?
  private var descriptor: Int32 = 2
  private var fileBytes = 0

  init(least: LogLevel, path: String? = nil) throws {
    self.least = least
    self.path = path
    if path != nil { try open() }
  }

  deinit { if descriptor > 2 { close(descriptor) } }

  func write(_ level: LogLevel, _ event: JSONObject) {
    guard level >= least else { return }
    let line = Array((Self.line(level, event, milliseconds: Moment.milliseconds()) + "\n").utf8)
    if path != nil, fileBytes + line.count > Self.mostFileBytes { rotate() }
    fileBytes += line.count
    _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }

  static func line(_ level: LogLevel, _ event: JSONObject, milliseconds: Int) -> String {
    let thousandths = String(1000 + milliseconds % 1000).dropFirst()
    let moment = Moment.text(milliseconds / 1000).dropLast(4).split(separator: " ")
    var line = moment.joined(separator: "T") + ".\(thousandths)Z level=\(level.name)"
    for (name, value) in event.members { line += " \(name)=\(field(value))" }
    return line
  }

  /// Words that came from outside are quoted and escaped, so that none can forge a line.
  private static func field(_ value: JSONValue) -> String {
    if case .string(let text) = value {
      let isPlain =
        !text.isEmpty
        && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        && !text.contains("=")
      if isPlain { return text }
      let shown = Printable.line(text, limit: 500).map { $0 == "\"" ? "'" : $0 }
      return "\"" + String(shown) + "\""
    }
    var writer = JSONWriter()
    writer.write(value)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func open() throws {
    guard let path else { return }
    descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure.failed("cannot write the log \(path): \(Screen.describe(errno))")
    }
    var status = stat()
    fileBytes = unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  private func rotate() {
    guard let path, unsafe rename(path, path + ".1") == 0 else { return }
    close(descriptor)
    try? open()
    if descriptor < 0 { descriptor = 2 }
  }
}
