// What may be bound to a parameter of a statement. Specs/Store.md, "Database".

/// A value that SQLite can hold.
public enum SQLValue: Equatable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes([UInt8])
}

/// A Swift value that can be bound to a parameter.
public protocol Bindable {
  var sqlValue: SQLValue { get }
}

extension SQLValue: Bindable {
  public var sqlValue: SQLValue { self }
}

extension Int: Bindable {
  public var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Int64: Bindable {
  public var sqlValue: SQLValue { .integer(self) }
}

extension UInt8: Bindable {
  public var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension UInt32: Bindable {
  public var sqlValue: SQLValue { .integer(Int64(self)) }
}

/// SQLite knows signed 64-bit integers only; larger ones keep their bits and turn negative.
extension UInt64: Bindable {
  public var sqlValue: SQLValue { .integer(Int64(bitPattern: self)) }
}

extension Bool: Bindable {
  public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension Double: Bindable {
  public var sqlValue: SQLValue { .real(self) }
}

extension String: Bindable {
  public var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: Bindable {
  public var sqlValue: SQLValue { .bytes(self) }
}

extension ArraySlice<UInt8>: Bindable {
  public var sqlValue: SQLValue { .bytes(Array(self)) }
}

extension Optional: Bindable where Wrapped: Bindable {
  public var sqlValue: SQLValue { self?.sqlValue ?? .null }
}
