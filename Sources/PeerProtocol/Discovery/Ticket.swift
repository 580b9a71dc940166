// A ticket: all that a newcomer needs to join a Datanet, as one line of text
// (Specs/Discovery.md, "Tickets").
//
//   ticket = "datanet:" base32( dag-cbor [1, genesis, key or null, [contact]] ‖ check:4 )

public import Content
public import Cryptography

public struct Ticket: Equatable, Sendable {
  /// Contacts in one ticket: it must fit a QR code.
  public static let maximumContacts = 8
  /// Characters of the text.
  public static let maximumCharacters = 2_000
  public static let scheme = "datanet:"

  /// The Datanet's genesis claim.
  public var datanet: CID
  /// The key of a private Datanet. Whoever has the ticket can read everything.
  public var key: Digest?
  /// Who can be asked first: the identity must answer at one of the addresses.
  public var contacts: [PeerContact]

  public init(datanet: CID, key: Digest? = nil, contacts: [PeerContact]) {
    self.datanet = datanet
    self.key = key
    self.contacts = Array(contacts.prefix(Self.maximumContacts))
  }

  public var text: String {
    let value: Value = [
      1, .link(datanet), key.map { .bytes($0.bytes) } ?? .null,
      .array(contacts.map(\.value)),
    ]
    let bytes = value.encoded()
    return Self.scheme + Base32.text(of: bytes + SHA256.hash(bytes).bytes.prefix(4))
  }

  public enum Refusal: Error, Equatable, CustomStringConvertible {
    case scheme, length, spelling, check, version(UInt64), content

    public var description: String {
      switch self {
      case .scheme: "a ticket starts with 'datanet:'"
      case .length: "a ticket has at most \(Ticket.maximumCharacters) characters"
      case .spelling: "the ticket has a character that tickets do not use; copy it again"
      case .check: "the ticket is not whole or was changed; copy it again, to its end"
      case .version(let version):
        "the ticket is of version \(version), which this program does not know; update it"
      case .content: "the ticket is spelled right but does not say what a ticket says"
      }
    }
  }

  /// Reads a ticket as people paste it: spaces, line breaks and capitals do no harm.
  public init(_ text: String) throws(Refusal) {
    guard text.utf8.count <= Self.maximumCharacters else { throw .length }
    var letters: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): continue
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte | 0x20)
      default: letters.append(byte)
      }
    }
    guard letters.starts(with: Self.scheme.utf8) else { throw .scheme }
    guard let bytes = Base32.bytes(of: letters.dropFirst(Self.scheme.utf8.count)) else {
      throw .spelling
    }
    guard bytes.count > 4, bytes.suffix(4) == SHA256.hash(Array(bytes.dropLast(4))).bytes.prefix(4)
    else { throw .check }
    guard let items = try? Value(decoding: Array(bytes.dropLast(4))).array,
      let version = items.first?.integer(as: UInt64.self)
    else { throw .content }
    guard version == 1 else { throw .version(version) }
    guard items.count == 4, let datanet = items[1].link, datanet.codec == .dagCBOR,
      let values = items[3].array, values.count <= Self.maximumContacts
    else { throw .content }
    let contacts = values.compactMap { PeerContact($0) }
    guard contacts.count == values.count else { throw .content }
    var key: Digest?
    if items[2] != .null {
      guard let bytes = items[2].bytes, let digest = Digest(bytes: bytes) else { throw .content }
      key = digest
    }
    self.init(datanet: datanet, key: key, contacts: contacts)
  }
}
