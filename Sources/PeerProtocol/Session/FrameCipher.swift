// Sealed frames of one direction: length, sealed payload with a trailer, key changes
// (Specs/Session.md, "Frames").
//
//   frame   = length:u16 (big-endian, of what follows)  sealed(payload ‖ channel:u8 ‖ flags:u8)
//   key n+1 = the first 32 bytes of ENCRYPT(key n, 2⁶⁴−1, zero associated data, 32 zeros)

internal import Cryptography

public struct FrameCipher: ~Copyable {
  static let trailerByteCount = 2
  /// The only flag: this frame ends its message.
  static let lastFlag: UInt8 = 1

  private var cipher: ChaChaPoly
  private(set) var counter: UInt64 = 0

  init(key: Digest) {
    cipher = ChaChaPoly(key: key)
  }

  /// Counts the frame and changes the key where the spec says.
  private mutating func advance() {
    counter += 1
    guard counter % SessionLimits.framesPerKey == 0 else { return }
    let sealed = cipher.seal([UInt8](repeating: 0, count: 32), counter: .max)
    if let key = Digest(bytes: sealed.prefix(32)) { cipher = ChaChaPoly(key: key) }
  }

  var isSpent: Bool { counter >= SessionLimits.framesPerSession }

  /// What a frame is longer than its payload.
  static let overheadByteCount = 2 + SessionLimits.smallestFrame

  /// Writes one frame that holds `payload`, at most `SessionLimits.payloadByteCount` bytes, to the
  /// beginning of `output`, and gives its length.
  mutating func seal(
    _ payload: ArraySlice<UInt8>, channel: SessionChannel, isLast: Bool,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let length = payload.count + SessionLimits.smallestFrame
    unsafe output[0] = UInt8(truncatingIfNeeded: length >> 8)
    unsafe output[1] = UInt8(truncatingIfNeeded: length)
    let sealed = unsafe payload.withUnsafeBytes {
      unsafe cipher.seal(
        $0, trailer: (channel.rawValue, isLast ? Self.lastFlag : 0), counter: counter,
        into: UnsafeMutableRawBufferPointer(rebasing: output[2...]))
    }
    advance()
    return 2 + sealed
  }

  /// The same in memory of its own.
  mutating func sealed(
    _ payload: ArraySlice<UInt8>, channel: SessionChannel, isLast: Bool
  ) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: payload.count + Self.overheadByteCount) {
      (buffer, used) in
      used = unsafe seal(
        payload, channel: channel, isLast: isLast, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Opens a frame, without its length: its payload, in memory of its own.
  mutating func open(
    _ frame: UnsafeRawBufferPointer
  ) throws(SessionEnd) -> (payload: [UInt8], channel: SessionChannel, isLast: Bool) {
    guard var payload = unsafe cipher.open(frame, counter: counter),
      payload.count >= Self.trailerByteCount
    else { throw .authentication }
    advance()
    let flags = payload.removeLast()
    guard let channel = SessionChannel(rawValue: payload.removeLast()), flags <= Self.lastFlag
    else { throw .trailer }
    return (payload, channel, flags == Self.lastFlag)
  }
}
