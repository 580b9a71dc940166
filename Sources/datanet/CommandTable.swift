// Every command of the program, in the order in which help shows them. A new command is one file in
// Commands/ and one line here (Specs/CommandLine.md, "Commands").

import Terminal

/// One command: what it is called and takes, and what it does.
protocol Command: SendableMetatype {
  static var declaration: Declaration { get }

  /// Does the work. Throws a `Failure`, or an error of a module that `Trouble` translates into one.
  static func run(_ context: Context) throws
}

enum CommandTable {
  static let commands: [any Command.Type] = [
    InitCommand.self,
    CreateCommand.self,
    TourCommand.self,
    AddCommand.self,
    ListCommand.self,
    LogCommand.self,
    ShowCommand.self,
    StatusCommand.self,
    CatCommand.self,
    RecordCommand.self,
    GetCommand.self,
    DiffCommand.self,
    DuplicatesCommand.self,
    ReviewCommand.self,
    RetractCommand.self,
    GrantCommand.self,
    RevokeCommand.self,
    NoteCommand.self,
    MilestoneCommand.self,
    YardstickCommand.self,
    UpCommand.self,
    DownCommand.self,
    JoinCommand.self,
    TicketCommand.self,
    FollowCommand.self,
    UnfollowCommand.self,
    PinCommand.self,
    UnpinCommand.self,
    LimitCommand.self,
    PeersCommand.self,
    SyncCommand.self,
    TrainCommand.self,
    EvalCommand.self,
    GenerateCommand.self,
    TokenizeCommand.self,
    AdapterCommand.self,
    ModelCommand.self,
    LessonCommand.self,
    RunsCommand.self,
    SharesCommand.self,
    AskCommand.self,
    TraceCommand.self,
    VerifyCommand.self,
    InfluenceCommand.self,
    CheckCommand.self,
    CollectCommand.self,
    SelftestCommand.self,
    ExportCommand.self,
    ImportCommand.self,
    BlockCommand.self,
    DagCommand.self,
    DoctorCommand.self,
    CompletionsCommand.self,
    BackgroundCommand.self,
    LyingPeerCommand.self,
  ]

  /// The headings of `datanet --help`, in order.
  enum Group {
    static let begin = "Begin"
    static let contribute = "Contribute and read"
    static let curate = "Curate"
    static let swarm = "Meet peers"
    static let learn = "Train and ask"
    static let prove = "Attribute and check"
    static let move = "Blocks and files"
    static let care = "Take care"
    /// Started by other commands, not by people; in no help text.
    static let hidden = "Started by other commands"
    static let all = [begin, contribute, curate, swarm, learn, prove, move, care]
  }

  static let introduction = """
    datanet keeps datasets that many people contribute to: every byte has an address that is its \
    hash, every contribution is signed, and who gave which record can be proved.
    """

  static let closing = """
    'datanet COMMAND --help' shows what a command does, with examples. \
    Begin with 'datanet init', then 'datanet create NAME'.
    """

  static let globals: [Option] = [
    .value(
      "home", "DIR", .directory, "Where identity and store are kept",
      default: "$DATANET_HOME, then ~/.datanet"),
    .flag("json", "Print one JSON object, or JSON lines for lists, and nothing else"),
    .flag("quiet", letter: "q", "Show no progress"),
  ]

  static let parser = CommandLineParser(
    program: "datanet", commands: commands.map { $0.declaration }, globals: globals)

  /// The name that was probably meant.
  static func nearest(to name: String, among names: [String]) -> String? {
    Spelling.nearest(to: name, among: names)
  }

  static func command(named name: String) -> (any Command.Type)? {
    commands.first { $0.declaration.name == name }
  }
}
