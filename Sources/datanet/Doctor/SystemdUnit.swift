// A systemd user unit for the peer of a home (Specs/Running.md, "systemd").

import Glibc
import Store
import Terminal

struct SystemdUnit {
  let home: Home

  var text: String {
    get throws(Failure) {
      """
      [Unit]
      Description=datanet peer of \(try escaped(home.path))
      Documentation=man:systemd.service(5)
      After=network-online.target
      Wants=network-online.target

      [Service]
      ExecStart=\(try word(Self.program())) --home \(try word(home.path)) up
      ExecStop=\(try word(Self.program())) --home \(try word(home.path)) down
      Restart=on-failure
      RestartSec=5
      NoNewPrivileges=yes
      UMask=0077

      [Install]
      WantedBy=default.target
      """
    }
  }

  /// A percent sign begins a specifier in every line.
  private func escaped(_ path: String) throws(Failure) -> String {
    guard !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
      throw .failed(
        "a unit cannot name '\(Printable.line(path))'; use a path without quotes and backslashes")
    }
    return doubled("%", in: path)
  }

  /// A word of a command line, where a dollar sign begins a variable.
  private func word(_ path: String) throws(Failure) -> String {
    "\"" + doubled("$", in: try escaped(path)) + "\""
  }

  private func doubled(_ mark: Character, in text: String) -> String {
    text.split(separator: mark, omittingEmptySubsequences: false)
      .joined(separator: String([mark, mark]))
  }

  /// Where this program lies.
  private static func program() throws(Failure) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count else {
      throw .failed("cannot find where this program lies: \(Screen.describe(errno))")
    }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
