// Whether chunks travel packed follows the link's rate (Specs/Node.md, "Packing").

import PeerProtocol
import Testing

@testable import Node

@Suite struct PackingTests {
  /// Hands over lumps of 64 KiB chunks as fast as a link takes them that carries so many bytes in a
  /// millisecond, with a pause behind each lump, from a machine that packs so many.
  private func form(
    lump: Int, bytesPerMillisecond: Int, packing: Int = 400_000, pause: UInt64 = 0, lumps: Int = 8
  ) -> WireForm {
    var form = WireForm()
    var now = Instant(milliseconds: 1_000)
    for _ in 0..<lumps {
      for index in 0..<lump {
        let sent = form.isPacking ? 30_000 : 65_536
        form.note(plain: 65_536, sent: sent, wasIdle: pause > 0 && index == 0, at: now)
        let work = form.isPacking ? 65_536 / packing : 0
        now = now.advanced(byMilliseconds: UInt64(max(sent / bytesPerMillisecond, work)))
      }
      now = now.advanced(byMilliseconds: pause)
    }
    return form
  }

  @Test func `a slow link packs, also when it takes seconds for what is read at once`() {
    #expect(form(lump: 32, bytesPerMillisecond: 1_000).isPacking)
    #expect(form(lump: 1, bytesPerMillisecond: 600, lumps: 64).isPacking)
  }

  @Test func `a fast link does not, and what comes now and then is no measurement`() {
    #expect(!form(lump: 512, bytesPerMillisecond: 327_680).isPacking)
    #expect(!form(lump: 1, bytesPerMillisecond: 65_536, pause: 2_000).isPacking)
  }

  @Test func `packing stops where it makes nothing faster`() {
    // The machine packs 20 KB in a millisecond, the link carries 30 KB.
    #expect(!form(lump: 32, bytesPerMillisecond: 30_000, packing: 20_000, lumps: 16).isPacking)
  }
}
