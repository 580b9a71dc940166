// Real peers, each a process in a network namespace of its own, on one switch
// (Specs/Simulation.md, "Real processes").

import Foundation
import Glibc
import Testing

struct SwarmTrouble: Error, CustomStringConvertible { let description: String }

final class Swarm {
  let count: Int
  let folder: URL
  let network: EthernetSwitch
  private let prefix: String
  private var running: [Int: Process] = [:]

  /// Whether this machine and user can have namespaces and TAP devices.
  static let isPossible: Bool = {
    guard geteuid() == 0, access("/dev/net/tun", R_OK | W_OK) == 0,
      access("/usr/sbin/ip", X_OK) == 0 || access("/sbin/ip", X_OK) == 0
    else { return false }
    let name = "dnprobe\(getpid())"
    guard (try? Swarm.shell("ip netns add \(name)")) != nil else { return false }
    return (try? Swarm.shell("ip netns del \(name)")) != nil
  }()

  /// The program that `DATANET_PROGRAM` names, or the product beside the test runner or some folders
  /// above it.
  private static let product: String? = {
    if let named = ProcessInfo.processInfo.environment["DATANET_PROGRAM"] { return named }
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<6 {
      let path = folder.appending(path: "datanet").path
      if access(path, X_OK) == 0 { return path }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()

  init(_ count: Int, seed: UInt64) throws {
    self.count = count
    prefix = "dn\(getpid() % 100_000)"
    guard Swarm.product != nil else { throw SwarmTrouble(description: "datanet is not built") }
    let names = (1...count).map { [prefix] in "\(prefix)t\($0)" }
    guard let network = EthernetSwitch(names: names, seed: seed) else {
      throw SwarmTrouble(description: "no TAP devices can be made here")
    }
    self.network = network
    folder = FileManager.default.temporaryDirectory.appending(
      path: "datanet-swarm-\(getpid())-\(count)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    network.start()
    var script = ""
    for index in 1...count {
      let space = "\(prefix)n\(index)"
      script += """
        ip netns add \(space)
        ip link set \(prefix)t\(index) netns \(space)
        ip -n \(space) link set \(prefix)t\(index) name eth0
        ip -n \(space) addr add \(address(index)) dev eth0
        ip -n \(space) link set eth0 up
        ip -n \(space) link set lo up

        """
    }
    try Swarm.shell("set -e\n" + script)
  }

  private func address(_ index: Int) -> String { "10.88.0.\(index)/24" }

  /// Ends every process by its id, and takes the namespaces away.
  func remove() {
    for index in running.keys.sorted() { kill(index, SIGKILL) }
    for index in 1...count { _ = try? Swarm.shell("ip netns del \(prefix)n\(index)") }
    network.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: Commands

  @discardableResult
  static func shell(_ script: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw SwarmTrouble(description: "'\(script.prefix(200))': \(output.suffix(500))")
    }
    return output
  }

  func home(_ index: Int) -> String { folder.appending(path: "home\(index)").path }

  /// A command on a peer's home, whether the peer runs or not.
  @discardableResult
  func datanet(_ index: Int, _ words: String) throws -> String {
    try Swarm.shell(
      "cd '\(folder.path)' && timeout 60 '\(Swarm.product ?? "datanet")' --home '\(home(index))' \(words)"
    )
  }

  func up(_ index: Int) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c",
      "exec ip netns exec \(prefix)n\(index) '\(Swarm.product ?? "")' --home '\(home(index))' up"
        + " --listen 10.88.0.\(index):4180 --no-discovery --json >>'\(log(index))' 2>&1",
    ]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    running[index] = process
  }

  func log(_ index: Int) -> String { folder.appending(path: "peer\(index).log").path }

  func isRunning(_ index: Int) -> Bool { running[index]?.isRunning ?? false }

  func kill(_ index: Int, _ signal: Int32) {
    guard let process = running.removeValue(forKey: index), process.isRunning else { return }
    Glibc.kill(process.processIdentifier, signal)
    process.waitUntilExit()
  }

  /// Nil while the Datanet is not there.
  func digest(_ index: Int) -> String? {
    guard let output = try? datanet(index, "status demo --json 2>/dev/null"),
      let object = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    else { return nil }
    return object["digest"] as? String
  }

  /// Waits until something holds; false when it does not in time.
  func wait(seconds: Double, until holds: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try holds() { return true }
      Thread.sleep(forTimeInterval: 1)
    }
    return try holds()
  }

  func agree() -> Bool {
    guard let first = digest(1) else { return false }
    return (2...count).allSatisfy { digest($0) == first }
  }

  /// The last lines of some logs, for the message of a failing test.
  func story(_ indices: [Int]) -> String {
    indices.map { index in
      let text = (try? String(contentsOfFile: log(index), encoding: .utf8)) ?? ""
      return "peer \(index):\n" + text.split(separator: "\n").suffix(8).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
