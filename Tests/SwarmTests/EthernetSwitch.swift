// A switch for frames between network namespaces: it holds one end of each namespace's TAP device,
// and delays, loses and parts as a test says. It needs no support of the kernel for emulation
// (Specs/Simulation.md, "Real processes").

import Foundation
import Glibc

/// Runs on a thread of its own between `start` and `stop`. Everything shared is under the lock.
final class EthernetSwitch: @unchecked Sendable {
  private struct Frame {
    let due: UInt64
    let port: Int
    let bytes: [UInt8]
  }

  private let lock = NSLock()
  private let files: [Int32]
  private var camps: [Int]
  private var delay: UInt64 = 0
  /// Frames lost, of a million.
  private var loss: UInt64 = 0
  private var isStopping = false
  private var state: UInt64
  private var ports: [[UInt8]: Int] = [:]
  private var queue: [Frame] = []
  private var first = 0
  private let done = DispatchSemaphore(value: 0)

  private static let tunSetInterface: UInt = 0x4004_54CA
  private static let tapWithoutHeader: UInt16 = 0x0002 | 0x1000

  /// Makes the devices in this process's namespace; they are moved to others by their names. Nil
  /// where the kernel has none or this user may not.
  init?(names: [String], seed: UInt64) {
    var files: [Int32] = []
    for name in names {
      let file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else {
        for file in files { close(file) }
        return nil
      }
      files.append(file)
      var request = [UInt8](repeating: 0, count: 40)
      for (index, byte) in name.utf8.prefix(15).enumerated() { request[index] = byte }
      request[16] = UInt8(Self.tapWithoutHeader & 0xFF)
      request[17] = UInt8(Self.tapWithoutHeader >> 8)
      let result = request.withUnsafeMutableBytes {
        ioctl(file, Self.tunSetInterface, $0.baseAddress!)
      }
      guard result >= 0 else {
        for file in files { close(file) }
        return nil
      }
    }
    self.files = files
    camps = files.map { _ in 0 }
    state = seed
  }

  func start() {
    let thread = Thread { [self] in
      run()
      done.signal()
    }
    thread.start()
  }

  func stop() {
    lock.withLock { isStopping = true }
    done.wait()
    for file in files { close(file) }
  }

  /// Each frame takes so long from any port to any other.
  func set(delayMilliseconds: UInt64, lossPerMillion: UInt64) {
    lock.withLock {
      delay = delayMilliseconds * 1_000_000
      loss = lossPerMillion
    }
  }

  /// Ports in different camps do not reach each other.
  func part(_ camps: [Int]) { lock.withLock { self.camps = camps } }

  func heal() { lock.withLock { camps = camps.map { _ in 0 } } }

  // MARK: The thread

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private func chance() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }

  private func run() {
    var polled = files.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while !lock.withLock({ isStopping }) {
      var wait: Int32 = 50
      if first < queue.count {
        let now = Self.now()
        wait = queue[first].due <= now ? 0 : Int32(min(50, (queue[first].due - now) / 1_000_000))
      }
      let ready = poll(&polled, nfds_t(polled.count), wait)
      if ready > 0 {
        for port in files.indices where polled[port].revents & Int16(POLLIN) != 0 { read(port) }
      }
      deliver()
    }
  }

  private func read(_ port: Int) {
    var buffer = [UInt8](repeating: 0, count: 2_048)
    for _ in 0..<64 {
      let count = Glibc.read(files[port], &buffer, buffer.count)
      guard count >= 14 else { return }
      pass(Array(buffer[..<count]), from: port)
    }
  }

  private func pass(_ frame: [UInt8], from port: Int) {
    ports[Array(frame[6..<12])] = port
    let due = Self.now() + lock.withLock { delay }
    let isForAll = frame[0] & 1 == 1
    let known = isForAll ? nil : ports[Array(frame[0..<6])]
    for other in known.map({ [$0] }) ?? Array(files.indices) where other != port {
      let (isParted, loss) = lock.withLock { (camps[other] != camps[port], self.loss) }
      if isParted || chance() % 1_000_000 < loss { continue }
      queue.append(Frame(due: due, port: other, bytes: frame))
    }
  }

  private func deliver() {
    let now = Self.now()
    while first < queue.count, queue[first].due <= now {
      let frame = queue[first]
      first += 1
      _ = frame.bytes.withUnsafeBytes { write(files[frame.port], $0.baseAddress, $0.count) }
    }
    if first > 1_000, first * 2 > queue.count {
      queue.removeFirst(first)
      first = 0
    }
  }
}
