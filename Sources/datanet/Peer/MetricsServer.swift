// Figures for Prometheus and a health answer, on this machine only and only when asked for
// (Specs/Running.md, "Metrics").

import EventLoop
import Terminal

/// Enough of HTTP/1.1 to answer two GETs and close.
final class MetricsServer {
  /// A request's head; longer ones are refused.
  static let headBytes = 8 << 10
  /// Connections at the same time; more are closed at once.
  static let connections = 16
  /// A connection that is not done by then is closed.
  static let patienceMilliseconds: UInt64 = 5_000

  struct Page {
    var status: String
    var type: String
    var body: String
  }

  private final class Visit {
    let stream: ByteStream
    let timer: Timer
    var head: [UInt8] = []
    var isAnswered = false

    init(_ stream: ByteStream, _ timer: Timer) {
      self.stream = stream
      self.timer = timer
    }
  }

  private var listener: Listener?
  private let loop: EventLoop
  private var visits: [Visit] = []
  private let page: (String) -> Page?

  init(port: UInt16, loop: EventLoop, page: @escaping (String) -> Page?) throws {
    self.loop = loop
    self.page = page
    guard let address = SocketAddress(host: "127.0.0.1", port: port) else { return }
    listener = try Listener(tcp: address, on: loop) { [weak self] in self?.accept($0) }
  }

  var address: SocketAddress? { listener?.address }

  func close() {
    listener?.close()
    for visit in visits { end(visit) }
  }

  private func accept(_ stream: ByteStream) {
    guard visits.count < Self.connections else { return stream.close() }
    var ended: () -> Void = {}
    let visit = Visit(stream, Timer(on: loop) { ended() })
    visits.append(visit)
    ended = { [weak self, weak visit] in if let visit { self?.end(visit) } }
    visit.timer.start(afterMilliseconds: Self.patienceMilliseconds)
    unsafe stream.onBytes = { [weak self, weak visit] bytes in
      if let visit { unsafe self?.received([UInt8](bytes), visit) }
    }
    stream.onEnd = { [weak self, weak visit] _ in if let visit { self?.end(visit) } }
    stream.onDrained = { [weak self, weak visit] in
      if let visit, visit.isAnswered { self?.end(visit) }
    }
    stream.resume()
  }

  private func end(_ visit: Visit) {
    visit.stream.close()
    visit.timer.close()
    visits.removeAll { $0 === visit }
  }

  private func received(_ bytes: [UInt8], _ visit: Visit) {
    guard !visit.isAnswered else { return }
    visit.head += bytes
    guard visit.head.count <= Self.headBytes else {
      return answer(visit, Self.plain("431 Request Header Fields Too Large", "too long"))
    }
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    guard visit.head.count >= 4,
      (0...(visit.head.count - 4)).contains(where: { visit.head[$0..<($0 + 4)].elementsEqual(end) })
    else { return }
    let first = String(decoding: visit.head.prefix { $0 != 0x0D }, as: UTF8.self)
    let words = first.split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return answer(visit, Self.plain("400 Bad Request", "not HTTP"))
    }
    guard words[0] == "GET" else {
      return answer(visit, Self.plain("405 Method Not Allowed", "only GET"))
    }
    let path = String(words[1].prefix { $0 != "?" })
    answer(visit, page(path) ?? Self.plain("404 Not Found", "/metrics and /health are here"))
  }

  private static func plain(_ status: String, _ text: String) -> Page {
    Page(status: status, type: "text/plain; charset=utf-8", body: text + "\n")
  }

  private func answer(_ visit: Visit, _ page: Page) {
    visit.isAnswered = true
    visit.stream.pause()
    let body = Array(page.body.utf8)
    let head =
      "HTTP/1.1 \(page.status)\r\nContent-Type: \(page.type)\r\nContent-Length: \(body.count)\r\n"
      + "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    visit.stream.write(Array(head.utf8) + body)
  }
}
