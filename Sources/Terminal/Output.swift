// Where a command's words go: results to standard output, errors and progress to standard error
// (Specs/CommandLine.md, "Output").

import Glibc
public import JSON
import Synchronization

/// Standard output of one command. What a person reads and what a program reads never mix: with
/// `--json` only `object` and `line` write, without it only `text` does.
public final class Output: Sendable {
  public let isJSON: Bool
  /// Whether a person is reading standard output.
  public let isTerminal: Bool
  public let style: Style
  private let buffer = Mutex<[UInt8]>([])

  /// Lines are handed to the system in pieces of this size.
  private static let flushBytes = 64 << 10

  public init(isJSON: Bool) {
    self.isJSON = isJSON
    isTerminal = isatty(1) == 1
    style = Style(isOn: !isJSON && isTerminal && Screen.showsEmphasis)
  }

  /// A line for a person; nothing with `--json`.
  public func text(_ line: String = "") {
    if !isJSON { write(Array(line.utf8) + [0x0A]) }
  }

  /// The one object of a command, or one line of a list; nothing without `--json`.
  public func json(_ value: @autoclosure () -> JSONValue) {
    guard isJSON else { return }
    var writer = JSONWriter()
    writer.write(value())
    writer.newline()
    write(writer.bytes)
    // A program that waits for the next event must not wait for a full buffer.
    if !isTerminal { return }
    flush()
  }

  /// Bytes as they are, for `cat` and `block get`.
  public func raw(_ bytes: [UInt8]) { write(bytes) }

  private func write(_ bytes: [UInt8]) {
    let full = buffer.withLock { held in
      held += bytes
      return held.count >= Output.flushBytes
    }
    if full || isTerminal { flush() }
  }

  /// Hands everything over. When nobody reads any more (`datanet log demo | head -1`), the process
  /// ends quietly: the reader has what it wanted.
  public func flush() {
    let bytes = buffer.withLock { held in
      defer { held = [] }
      return held
    }
    guard !bytes.isEmpty else { return }
    let fault = Screen.write(bytes, to: 1)
    if fault == EPIPE { exit(0) }
    if fault != 0 {
      Screen.error("cannot write to standard output: \(Screen.describe(fault))")
      exit(ExitCode.failed.rawValue)
    }
  }
}

/// The terminal, or what stands in its place.
public enum Screen {
  /// Emphasis is off when somebody asked for none (https://no-color.org) or nothing would show it.
  public static var showsEmphasis: Bool {
    let noColor = environment("NO_COLOR") ?? ""
    return noColor.isEmpty && environment("TERM") != "dumb" && environment("TERM") != nil
  }

  /// Columns of the terminal behind a descriptor; 80 where nobody says.
  public static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    let answer = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    if answer == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return environment("COLUMNS").flatMap { Int($0) } ?? 80
  }

  /// An error, as one line on standard error.
  public static func error(_ message: String) {
    Progress.clearCurrent()
    _ = write(Array("datanet: \(Printable.line(message, limit: 2000))\n".utf8), to: 2)
  }

  /// A remark for a person that is no result, on standard error.
  public static func remark(_ line: String) {
    Progress.clearCurrent()
    _ = write(Array((line + "\n").utf8), to: 2)
  }

  public static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  public static func describe(_ fault: Int32) -> String {
    guard let text = unsafe strerror(fault) else { return "error \(fault)" }
    return unsafe String(cString: text)
  }

  /// Writes everything, or says why not.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var offset = 0
    while offset < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { all in
        unsafe Glibc.write(descriptor, all.baseAddress! + offset, all.count - offset)
      }
      if written >= 0 {
        offset += written
      } else if errno == EAGAIN {
        // Somebody left the terminal in non-blocking mode: wait until it takes more.
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&wanted, 1, 1000)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
