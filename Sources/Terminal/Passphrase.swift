// Asks for a passphrase without showing it (Specs/CommandLine.md, "Passphrases").

import Glibc

public enum Passphrase {
  /// Where a passphrase comes from when nobody sits at a terminal.
  public static let variable = "DATANET_PASSPHRASE"
  /// No passphrase is longer than this many bytes.
  static let limit = 1024

  /// The passphrase from the environment, or typed at the terminal with the echo off.
  public static func ask(_ question: String) throws(Failure) -> [UInt8] {
    if let value = Screen.environment(variable) { return Array(value.utf8) }
    return try typed(question)
  }

  /// Asks twice, since nobody sees what is typed.
  public static func askForNew(_ question: String) throws(Failure) -> [UInt8] {
    if let value = Screen.environment(variable) { return Array(value.utf8) }
    let first = try typed(question)
    guard try typed("The same once more: ") == first else {
      throw .failed("the two passphrases differ; nothing was changed")
    }
    return first
  }

  private static func typed(_ question: String) throws(Failure) -> [UInt8] {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else {
      throw .failed("a passphrase is needed and there is no terminal to ask at; set \(variable)")
    }
    defer { close(terminal) }
    var shown = termios()
    guard unsafe tcgetattr(terminal, &shown) == 0 else {
      throw .failed("the terminal does not answer: \(Screen.describe(errno))")
    }
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    unsafe tcsetattr(terminal, TCSAFLUSH, &hidden)
    defer {
      unsafe tcsetattr(terminal, TCSAFLUSH, &shown)
      _ = Screen.write([0x0A], to: terminal)
    }
    _ = Screen.write(Array(question.utf8), to: terminal)
    var line: [UInt8] = []
    while true {
      var byte: UInt8 = 0
      let count = unsafe read(terminal, &byte, 1)
      if count < 0, errno == EINTR {
        if Interruption.isRequested { throw .failed("interrupted; nothing was changed") }
        continue
      }
      if count <= 0 || byte == 0x0A || byte == 0x0D { break }
      guard line.count < limit else {
        throw .failed("a passphrase has at most \(limit) bytes")
      }
      line.append(byte)
    }
    return line
  }
}
