// What can be wrong with an archive (Specs/Archives.md, "Refusals").

/// Why bytes are not a CARv1 that is read here, and where the faulty part begins.
public struct CARError: Error, Equatable {
  public enum Rule: Sendable, Equatable {
    case varint
    case endOfInput
    case headerSize(UInt64)
    case header
    case version(UInt64)
    case rootCount(Int)
    case sectionSize(UInt64)
    case address(CIDError)
    case digest(CID)
    case structure(CID, DagCBORError)
  }

  public let offset: UInt64
  public let rule: Rule
}

extension CARError: CustomStringConvertible {
  public var description: String {
    let reason =
      switch rule {
      case .varint: "a length is not an unsigned varint in its shortest form"
      case .endOfInput: "the archive ends inside a part; all parts before this byte are complete"
      case .headerSize(let size):
        "a header of \(size) bytes, at most \(CARReader.maximumHeaderByteCount)"
      case .header: "the header is not DAG-CBOR of exactly 'roots' and 'version'"
      case .version(let version):
        "CAR version \(version) is not spoken here: convert it to version 1"
      case .rootCount(let count): "\(count) roots, 1 to \(CARReader.maximumRootCount) are allowed"
      case .sectionSize(let size):
        "a section of \(size) bytes; blocks have at most \(Block.maximumByteCount)"
      case .address(let error): "\(error)"
      case .digest(let cid): "the bytes are not those of \(cid)"
      case .structure(let cid, let error): "\(cid) is not strict: \(error)"
      }
    return "CAR, byte \(offset): \(reason)"
  }
}
