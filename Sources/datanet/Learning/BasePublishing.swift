// Publishes a base into a Datanet: chunks, and a `base` claim that names them (Specs/Claims.md,
// "base").

import Checkpoints
import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum BasePublishing {
  static func add(_ directory: String, _ context: Context) throws {
    guard let net = context.invocation.text("NET") else {
      throw Failure.usage("name the Datanet to add the base to: datanet model add DIR NET")
    }
    // Opening it checks every tensor: what cannot be used is not published.
    let base = try OpenBase(directory)
    _ = try base.tokenizer()
    let store = try context.store()
    let datanet = try Names(store: store).datanet(net)
    let identity = try context.identity()
    let status = try store.claims.status(of: datanet)
    let name = Printable.line(status.policy.name)
    let license = try context.invocation.license()
    guard status.policy.allows(license) else {
      throw Failure.refused(
        "'\(name)' allows the licences \(status.policy.licenses.joined(separator: ", ")), not "
          + "'\(license ?? "")'")
    }
    let height = try store.claims.frontier(of: datanet)[identity.publicKey]?.count ?? 0
    guard try store.claims.roles(in: datanet).holds(.curator, identity.publicKey, at: height)
    else {
      throw Failure.refused("only curators of '\(name)' may add a base")
    }
    let shards = base.checkpoint.weights.files.map(\.file.path)
    let others = Checkpoint.fileNames.filter { $0 != "model.safetensors" }
      .map { "\(directory)/\($0)" }.filter { MappedFile.exists($0) }
    let progress = context.progress("Adding")
    let addition = try store.blocks.add(
      FileWalk.files(at: others + shards), options: AddOptions()
    ) { state in
      progress.set(done: state.bytes, total: state.totalBytes, item: state.currentFile)
      return !Interruption.isRequested
    }
    progress.finish()
    let manifest = addition.manifest
    let title =
      context.invocation.text("name")
      ?? directory.split(separator: "/").last.map(String.init)
    let publication = Publication(
      manifest: manifest.cid, records: Int(manifest.records), bytes: Int(manifest.bytes),
      license: license, name: title, note: nil, replaces: nil)
    let claim = try store.claims.append(
      .base([publication]), to: datanet, by: identity, timeMilliseconds: Moment.milliseconds())
    // The addition keeps its chunks from being collected until the claim is stored.
    extendLifetime(addition)
    context.output.json([
      "claim": .cid(claim.cid), "manifest": .cid(manifest.cid), "bytes": .int(Int(manifest.bytes)),
    ])
    context.output.text(
      "Added \(title ?? directory) to '\(name)': \(Quantity.bytes(Int(manifest.bytes))), claim "
        + "\(claim.cid)")
  }
}
