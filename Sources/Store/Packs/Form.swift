// From stored bytes to a block. Specs/Store.md, "Packs".

extension Form {
  /// The block of `length` bytes that `stored` stands for; nil when it stands for none.
  func block(from stored: [UInt8], length: Int) -> [UInt8]? {
    switch self {
    case .plain: stored.count == length ? stored : nil
    case .zstd: nil
    }
  }
}
