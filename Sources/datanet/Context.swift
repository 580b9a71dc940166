// What a command has at hand while it runs: its values, the home directory, where results go.

import Claims
import Content
import Cryptography
import Glibc
import Store
import Terminal

struct Context {
  let invocation: Invocation
  /// As they were typed, for a child that does the same.
  let words: [String]
  let output: Output
  /// Identity, store and settings (Specs/CommandLine.md, "Home").
  let home: Home
  private let changes = Changes()

  /// Whether the command opened the store to write.
  private final class Changes {
    var areLikely = false
  }

  init(_ invocation: Invocation, words: [String]) {
    self.invocation = invocation
    self.words = words
    output = Output(isJSON: invocation.has("json"))
    home = Home.chosen(invocation.text("home"))
  }

  /// The home's store, which `datanet init` has made.
  func store(access: Database.Access = .readWrite) throws -> Store {
    if access == .readWrite { changes.areLikely = true }
    return try Store.open(home, access: access)
  }

  /// At the end of a command: a peer that runs on the home passes on what was written at once.
  func tellRunningPeer() {
    if changes.areLikely { ControlClient.poke(home) }
  }

  /// The same for commands that mostly read: on a home that cannot be written, or has no room
  /// left, they go on, and leave undone what would write.
  func storeToRead() throws -> Store {
    try Store.open(home, access: home.isWritable && !home.isFull ? .readWrite : .readOnly)
  }

  /// The identity that signs, after asking for its passphrase if it is sealed.
  func identity() throws -> Identity {
    guard IdentityKeeper.exists(in: home) else {
      throw Failure.notFound("there is no identity in \(home.path); run 'datanet init' first")
    }
    guard try IdentityKeeper.summary(in: home).isSealed else {
      return try IdentityKeeper.open(in: home)
    }
    let passphrase = try Passphrase.ask("Passphrase of the identity in \(home.path): ")
    return try IdentityKeeper.open(in: home, passphrase: passphrase)
  }

  /// Signs a claim, keeps it, and says so.
  func publish(_ content: ClaimContent, to datanet: CID, in store: Store) throws -> Claim {
    try store.claims.append(
      content, to: datanet, by: try identity(), timeMilliseconds: Moment.milliseconds())
  }

  /// Progress of long work: silent under `--quiet`, and plain lines are kept out of the way of
  /// programs that asked for `--json`.
  func progress(_ title: String, unit: Progress.Unit = .bytes, total: Int? = nil) -> Progress {
    let isQuiet = invocation.has("quiet") || (output.isJSON && isatty(2) == 0)
    return Progress(title, unit: unit, total: total, isQuiet: isQuiet)
  }

  /// A table's lines, as wide as the terminal.
  func show(_ table: Table) {
    let width = output.isTerminal ? Screen.columns(of: 1) : 0
    for line in table.lines(width: width, style: output.style) { output.text(line) }
  }
}
