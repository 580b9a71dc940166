// The envelope of everything that belongs to one Datanet: `[handle, protocol, round, message]`
// (Specs/Sharing.md, "Messages of a Datanet").

internal import Content

public struct DatanetMessage: Equatable, Sendable {
  public enum Content: Equatable, Sendable {
    case overlay(OverlayMessage)
    case broadcast(BroadcastMessage)
    case reconciliation(ReconciliationMessage, round: UInt32)
    case exchange(ExchangeMessage)
    case transfer(ClaimTransfer)
  }

  public var handle: UInt32
  public var content: Content

  public init(handle: UInt32, content: Content) {
    self.handle = handle
    self.content = content
  }

  /// The channel on which it travels.
  public var channel: SessionChannel {
    if case .exchange = content { .requests } else { .claims }
  }

  public var encoded: [UInt8] {
    let (number, round, message): (Int, UInt32, Value) =
      switch content {
      case .overlay(let message): (0, 0, message.value)
      case .broadcast(let message): (1, 0, message.value)
      case .reconciliation(let message, let round): (2, round, message.value)
      case .exchange(let message): (3, 0, message.value)
      case .transfer(let message): (4, 0, message.value)
      }
    let value: Value = [Value(handle), Value(number), Value(round), message]
    return value.encoded()
  }

  /// Nil when malformed or over a limit of the message inside.
  public init?(decoding bytes: [UInt8]) {
    // The channel bounds the length: a claim of a whole block has an envelope around it.
    var decoder = DagCBORDecoder(bytes)
    guard let items = try? decoder.value().array, decoder.isAtEnd, items.count == 4,
      let handle = items[0].integer(as: UInt32.self), let number = items[1].integer(as: Int.self),
      let round = items[2].integer(as: UInt32.self), round == 0 || number == 2
    else { return nil }
    let content: Content? =
      switch number {
      case 0: OverlayMessage(items[3]).map { .overlay($0) }
      case 1: BroadcastMessage(items[3]).map { .broadcast($0) }
      case 2: ReconciliationMessage(items[3]).map { .reconciliation($0, round: round) }
      case 3: ExchangeMessage(items[3]).map { .exchange($0) }
      case 4: ClaimTransfer(items[3]).map { .transfer($0) }
      default: nil
      }
    guard let content else { return nil }
    self.init(handle: handle, content: content)
  }
}
