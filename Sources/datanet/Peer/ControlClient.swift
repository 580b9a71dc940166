// Another command's side of the home's socket (Specs/Running.md, "Control socket").

import EventLoop
import Glibc
import JSON
import Store
import Terminal

/// A connection to the peer that runs on a home.
final class ControlClient {
  private let loop: EventLoop
  private let stream: ByteStream
  private var splitter = LineSplitter(limit: ControlLimits.answerBytes)
  private var lines: [JSONValue] = []
  private var end: String?

  private init(_ loop: EventLoop, _ stream: ByteStream) {
    self.loop = loop
    self.stream = stream
    unsafe stream.onBytes = { [weak self] bytes in unsafe self?.received([UInt8](bytes)) }
    stream.onEnd = { [weak self] error in
      self?.end = error.map { "\($0)" } ?? "the peer closed the connection"
      self?.loop.stop()
    }
    stream.resume()
  }

  deinit {
    stream.close()
    loop.runReady()
  }

  private func received(_ bytes: [UInt8]) {
    guard let whole = splitter.push(bytes) else {
      end = "the peer sent a longer line than \(Quantity.bytes(ControlLimits.answerBytes))"
      return loop.stop()
    }
    lines += whole.compactMap { try? JSONValue(parsing: $0) }
    if !lines.isEmpty { loop.stop() }
  }

  /// Nil when no peer runs on the home.
  static func connect(to home: Home) throws -> ControlClient? {
    guard unsafe access(home.socketPath, F_OK) == 0 else { return nil }
    let loop = try EventLoop()
    var outcome: Result<ByteStream, LoopError>?
    loop.connect(local: try ControlPath.usable(home)) { outcome = $0 }
    loop.run()
    switch outcome {
    case .success(let stream): return ControlClient(loop, stream)
    // A socket without a listener was left by a peer that was killed.
    case .failure(let error) where ["ECONNREFUSED", "ENOENT"].contains(error.name): return nil
    case .failure(let error): throw error
    case nil: return nil
    }
  }

  /// The next line, or nil after `milliseconds` without one.
  func next(within milliseconds: UInt64) throws -> JSONValue? {
    let timer = Timer(on: loop) { [loop] in loop.stop() }
    defer { timer.close() }
    timer.start(afterMilliseconds: milliseconds)
    if lines.isEmpty, end == nil { loop.run() }
    if !lines.isEmpty { return lines.removeFirst() }
    if let end { throw Failure.failed("the running peer is gone: \(end)") }
    return nil
  }

  func send(_ request: ControlRequest) {
    var writer = JSONWriter()
    writer.write(request.line)
    writer.newline()
    stream.write(writer.bytes)
  }

  /// Asks and waits for the answer.
  @discardableResult
  func ask(_ request: ControlRequest) throws -> JSONValue {
    send(request)
    guard let answer = try next(within: ControlLimits.patienceMilliseconds) else {
      throw Failure.failed(
        "the peer that runs on this home does not answer; 'datanet down' or its pid ends it")
    }
    guard answer["ok"]?.bool == true else {
      throw Failure.failed("the running peer refused: \(answer["error"]?.string ?? "no reason")")
    }
    return answer
  }

  /// Tells the peer that runs on a home that the home was written to; false when none runs. Never
  /// fails: the peer looks by itself now and then.
  @discardableResult
  static func poke(_ home: Home) -> Bool {
    guard let client = try? connect(to: home) else { return false }
    return (try? client.ask(.changed)) != nil
  }
}
