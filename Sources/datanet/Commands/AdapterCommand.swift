// `datanet adapter`: see Specs/Adapters.md.

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
      base has, so that any program can run it without knowing of adapters. 'show' alone needs no base; with one, every matrix is checked \
      against it.
      """,
    arguments: [
      Argument("ACTION", .choice(["show", "merge"]), .one, "what to do"),
      Argument("DIR", .directory, .one, "the adapter's directory"),
    ],
    options: [
      .value("base", "DIR|NET/NAME", .directory, "The base that it belongs to"),
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
    let path = options.required("DIR")
    let isMerging = options.required("ACTION") == "merge"
    guard let directory = options.text("base") else {
      if isMerging { throw Failure.usage("--base is missing") }
      return try show(AdapterSummary(directory: path), context)
    }
    let base = try NetBase.open(directory, context)
    guard let adapter = try NetBase.adapter(path, beside: base, context) else { return }
    if isMerging {
      guard let out = options.text("out") else { throw Failure.usage("--out is missing") }
      try merge(adapter, base, out, context)
    } else {
      show(AdapterSummary(adapter, base.configuration), context)
    }
  }

  private static func show(_ summary: AdapterSummary, _ context: Context) {
    context.output.json([
      "rank": .int(summary.rank), "alpha": .double(summary.alpha),
      "rankStabilized": .bool(summary.isRankStabilized),
      "parameters": .int(summary.parameters),
      "targets": .array(summary.norms.map { .string($0.role.rawValue) }),
      "norms": .array(summary.norms.map { .double($0.mean) }),
    ])
    context.output.text(
      "rank \(summary.rank), alpha \(Quantity.fixed(summary.alpha, 2)), "
        + "\(Quantity.count(summary.parameters, "parameter"))")
    var table = Table(["target", ">mean norm of the change"])
    for (role, mean) in summary.norms { table.row([role.rawValue, Quantity.fixed(mean, 5)]) }
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
