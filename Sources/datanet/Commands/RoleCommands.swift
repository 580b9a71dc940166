// `datanet grant` and `revoke`: roles; see Specs/Claims.md, "grant" and "revoke".

import Claims
import Content
import Cryptography
import Store
import Terminal

enum GrantCommand: Command {
  static let declaration = Declaration(
    "grant", group: CommandTable.Group.curate,
    summary: "Give somebody a role",
    prose: """
      Signs that somebody is curator (reviews, retracts, signs milestones, grants the other roles), \
      contributor, or verifier, for what they say from now on. Only the founder makes curators. A \
      grant lifts the revocations that are known here.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "the Datanet"),
      Argument("DID", .text, .one, "whom: did:key:…, or its beginning"),
      Argument("ROLE", .choice(Role.allCases.map(\.rawValue)), .one, "what they may do"),
    ],
    examples: [
      Example(
        "datanet grant clinic did:key:z6MkopTfbX9hwCAW8JJUUwP2arPoWnFh1Gv24J5Ne3VM72ke contributor",
        "Somebody who has said nothing here yet is named in full.")
    ])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let (datanet, subject, role) = try RoleWords(context, store).parts
    let count = try store.claims.frontier(of: datanet)[subject]?.count ?? 0
    let lifted = try store.claims.revocations(of: role, from: subject, in: datanet)
    let grant = Grant(
      subject, role, from: count, lifts: Array(lifted.suffix(Grant.maximumLifted)))
    let claim = try context.publish(.grant([grant]), to: datanet, in: store)
    try context.announce(claim, in: store, needs: role == .curator ? nil : .curator)
  }
}

enum RevokeCommand: Command {
  static let declaration = Declaration(
    "revoke", group: CommandTable.Group.curate,
    summary: "Take a role from somebody",
    prose: """
      Signs that somebody's claims no longer have a role: from now on, or from an earlier height of \
      their chain on. What they said before still counts.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "the Datanet"),
      Argument("DID", .text, .one, "whom: did:key:…, or its beginning"),
      Argument("ROLE", .choice(Role.allCases.map(\.rawValue)), .one, "the role that ends"),
    ],
    options: [
      .value(
        "until", "HEIGHT", .integer(0...Claim.maximumHeight - 1),
        "The first height of their chain that no longer counts", default: "the next one")
    ],
    examples: [
      Example("datanet revoke recipes z6MkopTfbX9h contributor", "From their next claim on."),
      Example("datanet revoke recipes z6MkopTfbX9h contributor --until 0", "Everything they said."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store()
    let (datanet, subject, role) = try RoleWords(context, store).parts
    let count = try store.claims.frontier(of: datanet)[subject]?.count ?? 0
    let until = context.invocation.integer("until") ?? count
    let revocation = Revocation(subject, role, until: until)
    let claim = try context.publish(.revoke([revocation]), to: datanet, in: store)
    try context.announce(claim, in: store, needs: role == .curator ? nil : .curator)
  }
}

/// Datanet, person and role, as both commands take them.
private struct RoleWords {
  let parts: (CID, PublicKey, Role)

  init(_ context: Context, _ store: Store) throws {
    let names = Names(store: store)
    let datanet = try names.datanet(context.invocation.required("NET"))
    let subject = try names.author(context.invocation.required("DID"), in: datanet)
    guard let role = Role(rawValue: context.invocation.required("ROLE")) else {
      throw Failure.usage("there is no such role")
    }
    let founder = try store.claims.status(of: datanet).genesis.author
    if subject == founder {
      throw Failure.refused("the founder of a Datanet has every role and keeps it")
    }
    if role == .curator, try context.identity().publicKey != founder {
      throw Failure.refused("only the founder, \(founder.did), makes and unmakes curators")
    }
    parts = (datanet, subject, role)
  }
}
