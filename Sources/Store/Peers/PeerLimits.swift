// What a peer may cost its owner, as its owner set it. Specs/Running.md, "Limits".

/// Limits that can be changed while a peer runs. Nil means none.
public struct PeerLimits: Equatable, Sendable {
  /// Bytes a second to all peers together.
  public var uploadBytesPerSecond: Int?
  /// Bytes a second from all peers together.
  public var downloadBytesPerSecond: Int?
  /// Bytes of blocks kept; nothing more is fetched beyond it.
  public var quotaBytes: Int?
  /// Connections, both ways together.
  public var connections: Int?

  public init(
    uploadBytesPerSecond: Int? = nil, downloadBytesPerSecond: Int? = nil, quotaBytes: Int? = nil,
    connections: Int? = nil
  ) {
    self.uploadBytesPerSecond = uploadBytesPerSecond
    self.downloadBytesPerSecond = downloadBytesPerSecond
    self.quotaBytes = quotaBytes
    self.connections = connections
  }
}
