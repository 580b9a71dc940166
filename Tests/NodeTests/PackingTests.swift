// Whether chunks travel packed follows the link's rate (Specs/Node.md, "Packing").

import PeerProtocol
import Testing

@testable import Node

@Suite struct PackingTests {
  /// Hands over lumps of 64 KiB chunks, one lump every so many milliseconds.
  private func form(lump: Int, every milliseconds: UInt64, wasIdle: Bool) -> WireForm {
    var form = WireForm()
    var now = Instant(milliseconds: 1_000)
    for _ in 0..<8 {
      for index in 0..<lump {
        let sent = form.isPacking ? 30_000 : 65_536
        form.note(plain: 65_536, sent: sent, wasIdle: wasIdle && index == 0, at: now)
      }
      now = now.advanced(byMilliseconds: milliseconds)
    }
    return form
  }

  @Test func `a slow link packs, also when it takes seconds for what is read at once`() {
    #expect(form(lump: 32, every: 2_000, wasIdle: false).isPacking)
    #expect(form(lump: 1, every: 100, wasIdle: true).isPacking)
  }

  @Test func `a fast link does not, and what comes now and then is no measurement`() {
    #expect(!form(lump: 512, every: 100, wasIdle: false).isPacking)
    #expect(!form(lump: 1, every: 2_000, wasIdle: true).isPacking)
  }
}
