// The running peer's side of the home's socket (Specs/Running.md, "Control socket").

import EventLoop
import Glibc
import JSON
import Store
import Terminal

/// Answers the commands that use the home while the peer runs.
final class ControlServer {
  private final class Client {
    let stream: ByteStream
    var splitter = LineSplitter(limit: ControlLimits.requestBytes)
    var watches = false

    init(_ stream: ByteStream) { self.stream = stream }
  }

  private let path: String
  private var listener: Listener?
  private var clients: [Client] = []
  private let answer: (ControlRequest) -> JSONValue

  /// Listens; a socket that a dead peer left behind is in the way and goes. The caller holds the
  /// home's lock.
  init(
    home: Home, loop: EventLoop, answer: @escaping (ControlRequest) -> JSONValue
  ) throws {
    path = try ControlPath.usable(home)
    self.answer = answer
    unsafe unlink(path)
    listener = try Listener(local: path, on: loop) { [weak self] stream in self?.accept(stream) }
  }

  private func accept(_ stream: ByteStream) {
    guard clients.count < ControlLimits.clients else { return stream.close() }
    let client = Client(stream)
    clients.append(client)
    unsafe stream.onBytes = { [weak self, weak client] bytes in
      if let client { unsafe self?.received([UInt8](bytes), from: client) }
    }
    stream.onEnd = { [weak self, weak client] _ in if let client { self?.drop(client) } }
    stream.resume()
  }

  private func received(_ bytes: [UInt8], from client: Client) {
    guard let lines = client.splitter.push(bytes) else { return drop(client) }
    for line in lines {
      do throws(ControlRequest.Refusal) {
        let request = try ControlRequest(line: line)
        if request == .watch { client.watches = true }
        send(answer(request), to: client)
      } catch {
        send(ControlAnswer.refused(error.text), to: client)
      }
    }
  }

  private func send(_ value: JSONValue, to client: Client) {
    guard !client.stream.isClosed else { return }
    guard client.stream.queuedByteCount <= ControlLimits.queuedBytes else { return drop(client) }
    var writer = JSONWriter()
    writer.write(value)
    writer.newline()
    client.stream.write(writer.bytes)
  }

  private func drop(_ client: Client) {
    client.stream.close()
    clients.removeAll { $0 === client }
  }

  var isWatched: Bool { clients.contains { $0.watches } }

  /// Tells everybody who watches.
  func tell(_ event: JSONValue) {
    for client in clients where client.watches { send(event, to: client) }
  }

  /// Stops listening and takes the socket away.
  func close() {
    listener?.close()
    listener = nil
    for client in clients { client.stream.close() }
    clients = []
    unsafe unlink(path)
  }
}
