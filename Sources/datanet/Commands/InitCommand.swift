// `datanet init`: see Specs/CommandLine.md, "Home".

import Cryptography
import JSON
import Store
import Terminal

enum InitCommand: Command {
  static let declaration = Declaration(
    "init", group: CommandTable.Group.begin,
    summary: "Make an identity and a store",
    prose: """
      Makes an Ed25519 identity and an empty store in your home directory. The identity signs what \
      you contribute; whoever has its file can sign in your name, so it is readable by you alone, \
      and --passphrase seals it besides. A home that has an identity keeps it; if that lies open, \
      --passphrase seals it now.
      """,
    options: [
      .flag("passphrase", "Seal the identity under a passphrase that you are asked for")
    ],
    examples: [
      Example("datanet init", "In ~/.datanet."),
      Example("datanet --home /tmp/ada init --json", "A second peer, for trying things out."),
    ])

  static func run(_ context: Context) throws {
    try context.home.makeDirectories()
    if !context.home.exists { _ = try Store.make(context.home) }
    let isNew = !IdentityKeeper.exists(in: context.home)
    if isNew {
      _ = try IdentityKeeper.make(in: context.home, passphrase: try newPassphrase(context))
    } else if context.invocation.has("passphrase"),
      try !IdentityKeeper.summary(in: context.home).isSealed
    {
      // Whoever asks for a seal must not be left believing that there is one.
      try IdentityKeeper.change(in: context.home, from: nil, to: try newPassphrase(context))
    }
    let (publicKey, isSealed) = try IdentityKeeper.summary(in: context.home)
    context.output.json([
      "did": .string(publicKey.did), "home": .string(context.home.path), "made": .bool(isNew),
      "sealed": .bool(isSealed),
    ])
    context.output.text(isNew ? "You are \(publicKey.did)" : "You are still \(publicKey.did)")
    context.output.text("Your home is \(context.home.path)")
    if isSealed { context.output.text("The identity is sealed under a passphrase") }
  }

  private static func newPassphrase(_ context: Context) throws -> [UInt8]? {
    guard context.invocation.has("passphrase") else { return nil }
    let passphrase = try Passphrase.askForNew("New passphrase for the identity: ")
    guard !passphrase.isEmpty else {
      throw Failure.usage("an empty passphrase seals nothing; nothing was changed")
    }
    return passphrase
  }
}
