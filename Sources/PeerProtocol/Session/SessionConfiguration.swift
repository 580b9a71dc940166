// What a session is begun with (Specs/Session.md).

/// What a session needs to know about its own side.
public struct SessionConfiguration: Sendable {
  public var own: KeyPair
  public var hello: Hello
  public var lowestVersion: UInt8
  public var highestVersion: UInt8

  public init(own: KeyPair, hello: Hello, lowestVersion: UInt8 = 1, highestVersion: UInt8 = 1) {
    self.own = own
    self.hello = hello
    self.lowestVersion = lowestVersion
    self.highestVersion = highestVersion
  }
}
