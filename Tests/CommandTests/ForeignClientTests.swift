// A client in Python that was written from the pages alone meets real peers (Specs/Session.md,
// Discovery.md, Sharing.md, Overlay.md, Reconciliation.md, Exchange.md, Claims.md, Merge.md).

import Foundation
import Testing

/// A Python that has what `Fixtures/client` needs: one that is named, the one of `make fixtures`, or
/// the system's.
private let python: String? = {
  let named = ProcessInfo.processInfo.environment["DATANET_BENCH_PYTHON"] ?? ""
  let ours = root.appendingPathComponent(".build/fixtures-python/bin/python").path
  return (named.split(separator: ":").map(String.init) + [ours, "python3"]).first { candidate in
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [candidate, "-c", "import nacl.signing, cryptography, zstandard"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? starting.withLock { try process.run() }) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}()

@Suite("A client in another language")
struct ForeignClientTests {
  @Test(
    "meets a real peer, agrees and shares with it, and is refused by name where it lies",
    .enabled(
      if: python != nil,
      "needs Python with pynacl, cryptography and zstandard; DATANET_BENCH_PYTHON names one"))
  func stories() throws {
    let place = try Place()
    defer { place.remove() }
    let result = place.launch([
      "timeout", "600", python ?? "python3", "-B",
      root.appendingPathComponent("Fixtures/client/meet.py").path,
      programs.appendingPathComponent("datanet").path,
    ])
    #expect(result.status == 0, "\(result.output)\n\(result.errors)")
    let told = result.output.split(separator: "\n").filter { $0.hasSuffix(" s)") }
    #expect(told.count == 27, "\(result.output)")
    if !result.errors.isEmpty { print(result.errors) }
  }
}
