// Long work on the screen: how far, how fast, how long still, on what, and when nothing moves, why
// (Specs/CommandLine.md, "Progress").

import Glibc
import Synchronization

/// One piece of long work. On a terminal it is a bar that is drawn over itself; elsewhere a plain
/// line now and then. Any thread may report.
public final class Progress: Sendable {
  public enum Unit: Sendable {
    case bytes
    case things(singular: String, plural: String)
  }

  /// What is known about the work; `line` turns it into text.
  struct State: Sendable {
    var title: String
    var unit: Unit
    var done = 0
    var total: Int?
    var item = ""
    /// Why nothing moves, when the worker knows.
    var reason: String?
    var started: Double
    var lastAdvance: Double
    /// Recent (time, done) pairs, from which the rate follows.
    var samples: [(time: Double, done: Int)] = []
    var lastDrawn = 0.0
    var isDrawn = false
    var isFinished = false
  }

  private let state: Mutex<State>
  private let mode: Mode

  enum Mode: Sendable { case bar, lines, silent }

  /// A bar is drawn at most this often.
  private static let drawInterval = 0.1
  /// Without a terminal, a line is written at most this often, and none for work that is shorter.
  private static let lineInterval = 5.0
  /// Work that has not moved for this long is shown as standing still.
  static let stallSeconds = 2.0
  /// The rate is that of so many last seconds.
  private static let rateWindow = 5.0

  /// The bar on the screen, so that an error or remark does not write into it.
  private static let current = Mutex<Progress?>(nil)

  public init(_ title: String, unit: Unit = .bytes, total: Int? = nil, isQuiet: Bool = false) {
    let now = Progress.now()
    state = Mutex(
      State(title: title, unit: unit, total: total, started: now, lastAdvance: now))
    let onTerminal = isatty(2) == 1 && Screen.environment("TERM") != "dumb"
    mode = isQuiet ? .silent : onTerminal ? .bar : .lines
    if mode == .bar { Progress.current.withLock { $0 = self } }
  }

  public func advance(by amount: Int, item: String? = nil) {
    update { state, now in
      state.done += amount
      if amount > 0 {
        state.lastAdvance = now
        state.reason = nil
      }
      if let item { state.item = item }
    }
  }

  public func set(done: Int, total: Int? = nil, item: String? = nil) {
    update { state, now in
      if done != state.done {
        state.lastAdvance = now
        state.reason = nil
      }
      state.done = done
      if let total { state.total = total }
      if let item { state.item = item }
    }
  }

  /// Says why nothing moves; shown until the work moves again.
  public func stalled(_ reason: String?) { update { state, _ in state.reason = reason } }

  /// Takes the bar off the screen.
  public func finish() {
    state.withLock { state in
      state.isFinished = true
      erase(&state)
    }
    Progress.current.withLock { if $0 === self { $0 = nil } }
  }

  /// Seconds since the work began, and the mean rate over all of it.
  public var elapsed: Double { state.withLock { Progress.now() - $0.started } }

  static func clearCurrent() {
    let bar = Progress.current.withLock { $0 }
    bar?.state.withLock { bar?.erase(&$0) }
  }

  private func update(_ change: (inout State, Double) -> Void) {
    if mode == .silent { return }
    let now = Progress.now()
    state.withLock { state in
      change(&state, now)
      if state.isFinished { return }
      let interval = mode == .bar ? Progress.drawInterval : Progress.lineInterval
      let last = state.lastDrawn == 0 && mode == .lines ? state.started : state.lastDrawn
      if now - last < interval { return }
      state.samples.append((now, state.done))
      while state.samples.count > 2, now - state.samples[0].time > Progress.rateWindow {
        state.samples.removeFirst()
      }
      state.lastDrawn = now
      if mode == .bar {
        let line = Progress.line(state, now: now, columns: Screen.columns(of: 2))
        _ = Screen.write(Array("\r\u{1B}[2K\(line)".utf8), to: 2)
        state.isDrawn = true
      } else {
        _ = Screen.write(Array((Progress.line(state, now: now, columns: 0) + "\n").utf8), to: 2)
      }
    }
  }

  private func erase(_ state: inout State) {
    if state.isDrawn { _ = Screen.write(Array("\r\u{1B}[2K".utf8), to: 2) }
    state.isDrawn = false
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension Progress {
  /// The line for a state; `columns` 0 means no terminal: no bar, no cutting.
  static func line(_ state: State, now: Double, columns: Int) -> String {
    var parts: [String] = []
    let share = state.total.map { $0 == 0 ? 1 : min(1, Double(state.done) / Double($0)) }
    if let share { parts.append("\(Int(share * 100)) %") }
    parts.append(amount(state))
    let still = now - state.lastAdvance
    if let reason = state.reason {
      parts.append("waiting \(Quantity.duration(still)): \(reason)")
    } else if still > stallSeconds {
      parts.append("nothing moved for \(Quantity.duration(still))")
    } else if let rate = rate(state, now: now) {
      parts.append(speed(rate, unit: state.unit))
      if let total = state.total, rate > 0, total > state.done {
        parts.append("\(Quantity.duration(Double(total - state.done) / rate)) left")
      }
    }
    let figures = parts.joined(separator: "  ")
    let item = Printable.line(state.item)
    if columns == 0 {
      return "\(state.title): \(figures)" + (item.isEmpty ? "" : "  \(item)")
    }
    var text = state.title
    let used = Printable.columns(text) + Printable.columns(figures) + 4
    if let share, columns - used >= 16 {
      text += "  " + bar(share, width: min(24, columns - used - 4))
    }
    text += "  " + figures
    let room = columns - 1 - Printable.columns(text) - 2
    if !item.isEmpty, room >= 8 { text += "  " + Printable.shortened(item, to: room) }
    return Printable.shortened(text, to: max(1, columns - 1))
  }

  private static func amount(_ state: State) -> String {
    switch state.unit {
    case .bytes:
      let done = Quantity.bytes(state.done)
      return state.total.map { "\(done) of \(Quantity.bytes($0))" } ?? done
    case .things(let singular, let plural):
      let of = state.total ?? state.done
      let noun = of == 1 ? singular : plural
      let done = Quantity.count(state.done)
      return state.total.map { "\(done) of \(Quantity.count($0)) \(noun)" } ?? "\(done) \(noun)"
    }
  }

  private static func rate(_ state: State, now: Double) -> Double? {
    let first = state.samples.first ?? (state.started, 0)
    guard now - first.time > 0.2, state.done > first.done else {
      let whole = now - state.started
      return whole > 0.2 && state.done > 0 ? Double(state.done) / whole : nil
    }
    return Double(state.done - first.done) / (now - first.time)
  }

  private static func speed(_ rate: Double, unit: Unit) -> String {
    switch unit {
    case .bytes: Quantity.bytesPerSecond(rate)
    case .things(_, let plural):
      "\(rate < 10 ? Quantity.fixed(rate, 1) : Quantity.count(Int(rate))) \(plural)/s"
    }
  }

  /// Eighths of a block, so that the bar moves smoothly.
  static func bar(_ share: Double, width: Int) -> String {
    let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let filled = Int(share * Double(width * 8))
    let full = String(repeating: "█", count: filled / 8)
    let part = filled / 8 < width ? eighths[filled % 8] : ""
    let rest = width - filled / 8 - (part.isEmpty ? 0 : 1)
    return "▕\(full)\(part)\(String(repeating: " ", count: max(0, rest)))▏"
  }
}
