// `datanet adapter`: see Specs/Adapters.md.

import CanonicalMath
import Checkpoints
import Glibc
import JSON
import Learning
import Terminal

enum AdapterCommand: Command {
  static let declaration = Declaration(
    "adapter", group: CommandTable.Group.learn,
    summary: "Look at an adapter, or merge it into a copy of its base",
    prose: """
      'show' says what an adapter in PEFT's files changes, and how much. 'merge' writes a copy of \
      the base in which every changed weight is W + scale·B·A, rounded once to the format that the \
      base has, so that any program can run it without knowing of adapters.
      """,
    arguments: [
      Argument("ACTION", .choice(["show", "merge"]), .one, "what to do"),
      Argument("DIR", .directory, .one, "the adapter's directory"),
    ],
    options: [
      .value("base", "DIR", .directory, "The base that it belongs to"),
      .value("out", "DIR", .directory, "Where the merged copy goes"),
      LearningOptions.threads,
    ],
    examples: [
      Example("datanet adapter show /tmp/facts --base Fixtures/base", "Shape and strength."),
      Example(
        "datanet adapter merge /tmp/facts --base Fixtures/base --out /tmp/merged",
        "A base that knows the facts."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let options = context.invocation
    guard let directory = options.text("base") else { throw Failure.usage("--base is missing") }
    let base = try OpenBase(directory)
    let path = options.required("DIR")
    guard let adapter = try base.adapter(path) else { return }
    if options.required("ACTION") == "merge" {
      guard let out = options.text("out") else { throw Failure.usage("--out is missing") }
      try merge(adapter, base, out, context)
    } else {
      show(adapter, base, context)
    }
  }

  private static func show(_ adapter: AdapterTensors, _ base: OpenBase, _ context: Context) {
    let parameters = adapter.tensors.reduce(0) { $0 + $1.count }
    let strengths = adapter.shape.targets.map { role in
      let norms = (0..<base.configuration.layerCount).compactMap { layer in
        adapter[layer, role].map { Double(Canonical.norm([$0.change])) }
      }
      return (role: role, mean: norms.reduce(0, +) / Double(max(norms.count, 1)))
    }
    context.output.json([
      "rank": .int(adapter.shape.rank), "alpha": .double(adapter.shape.alpha),
      "rankStabilized": .bool(adapter.shape.isRankStabilized),
      "parameters": .int(parameters),
      "targets": .array(adapter.shape.targets.map { .string($0.rawValue) }),
      "norms": .array(strengths.map { .double($0.mean) }),
    ])
    context.output.text(
      "rank \(adapter.shape.rank), alpha \(Quantity.fixed(adapter.shape.alpha, 2)), "
        + "\(Quantity.count(parameters, "parameter"))")
    var table = Table(["target", ">mean norm of the change"])
    for (role, mean) in strengths { table.row([role.rawValue, Quantity.fixed(mean, 5)]) }
    for line in table.lines(width: 0, style: context.output.style) { context.output.text(line) }
  }

  private static func merge(
    _ adapter: AdapterTensors, _ base: OpenBase, _ out: String, _ context: Context
  ) throws {
    guard !MappedFile.exists("\(out)/config.json") else {
      throw Failure.usage("\(out) already holds a model; name another --out")
    }
    if unsafe mkdir(out, 0o755) != 0, errno != EEXIST {
      throw Failure.failed("\(out) cannot be made: \(Screen.describe(errno))")
    }
    let tensors = base.checkpoint.weights.names.compactMap { name -> OutgoingTensor? in
      guard let tensor = base.checkpoint.weights[name] else { return nil }
      return adapter.merged(tensor, in: base.configuration)
    }
    try SafetensorsWriter.write(tensors, to: "\(out)/model.safetensors")
    for name in Checkpoint.fileNames where !name.hasPrefix("model.safetensors") {
      let path = "\(base.directory)/\(name)"
      guard MappedFile.exists(path) else { continue }
      try AtomicFile.write(
        MappedFile.contents(of: path, limit: OpenData.byteLimit), to: "\(out)/\(name)")
    }
    context.output.json(["out": .string(out), "tensors": .int(tensors.count)])
    context.output.text("\(out): \(Quantity.count(tensors.count, "tensor"))")
  }
}
