// A TCP connection as the simulator sees it: bytes in order, late, sometimes cut
// (Specs/Simulation.md, "Wires").

internal import Node

/// How good the way between two hosts is. TCP hides loss and makes delay of it.
package struct WireQuality: Sendable {
  package var delayMicroseconds: UInt64
  /// Added to each delay, evenly from none to this.
  package var jitterMicroseconds: UInt64
  package var bytesPerSecond: Double
  /// Of packets of 1,400 bytes.
  package var loss: Double
  /// Connections that break by themselves.
  package var breaksPerHour: Double

  package init(
    delayMicroseconds: UInt64 = 5_000, jitterMicroseconds: UInt64 = 0,
    bytesPerSecond: Double = 125e6, loss: Double = 0, breaksPerHour: Double = 0
  ) {
    self.delayMicroseconds = delayMicroseconds
    self.jitterMicroseconds = jitterMicroseconds
    self.bytesPerSecond = bytesPerSecond
    self.loss = loss
    self.breaksPerHour = breaksPerHour
  }

  /// A bad day: slow, lossy, cut now and then.
  package static let rough = WireQuality(
    delayMicroseconds: 40_000, jitterMicroseconds: 30_000, bytesPerSecond: 2e6, loss: 0.01,
    breaksPerHour: 20)
}

/// One of the two ends of a connection.
struct WireEnd {
  let peer: Int
  let life: UInt64
  let link: LinkID
  var isOpen = true
  /// Its reader is paused: what comes is held by the system.
  var isPaused = false
}

/// One direction of a connection.
struct WireDirection {
  /// What the two systems hold of it before the writer is told to wait.
  static let bufferBytes = 512 << 10

  /// When the pipe is free for the next bytes, in microseconds.
  var free: UInt64 = 0
  /// The newest arrival: nothing overtakes it.
  var lastArrival: UInt64 = 0
  /// Arrived, or stuck on the way, and not yet given to the reader.
  var held: [[UInt8]] = []
  var heldBytes = 0
  /// The writer is to be told when what is held is gone.
  var isDrainOwed = false
  /// The end of the stream waits behind what is held.
  var heldEnd: String??
}

final class Wire {
  var ends: [WireEnd]
  var directions = [WireDirection(), WireDirection()]
  let quality: WireQuality

  init(dialler: WireEnd, other: WireEnd, quality: WireQuality) {
    ends = [dialler, other]
    self.quality = quality
  }
}
