// What anybody can make a node keep or do (Specs/Node.md, "Limits").

public enum NodeLimits {
  /// Strangers at one time who have not proven anything.
  public static let unproven = 32
  /// Of them, those from one neighbourhood of addresses.
  public static let unprovenOfGroup = 8
  /// Connections that this peer dials. Those who dialled in never take them.
  public static let outboundSlots = 16
  /// Connections, both ways together, when a person sets no other limit.
  public static let connections = 96
  /// With more than this, connections that no overlay needs are closed.
  public static let comfortableConnections = 24
  /// Datanets followed at one time.
  public static let followings = 256
  /// Bytes handed to the system at once for one link: more while it takes them quickly, fewer when
  /// that takes long.
  public static let sendBytes = 1 << 20
  public static let firstSendBytes = 64 << 10
  public static let leastSendBytes = 16 << 10
  public static let quickMilliseconds: UInt64 = 5
  public static let slowMilliseconds: UInt64 = 40
  /// A peer whose system has not taken the last bytes by then does not read, and is cut off: what waits
  /// for it is memory here. A line that carries `firstSendBytes` in this time is of no use either.
  public static let stallMilliseconds: UInt64 = 60_000
  /// Claims whose signatures are checked as one piece of work.
  public static let claimsAtOnce = 512
  /// Checked claims are merged at once when none were for so long, and otherwise together then, or
  /// when there are so many.
  public static let mergeMilliseconds: UInt64 = 50
  /// After a second without any, so many follow each other at once: whoever meets a Datanet gets its
  /// genesis, then the rest, and waits for nothing else.
  public static let quickMerges = 4
  public static let quickMergeMilliseconds: UInt64 = 1_000
  public static let claimsMerged = 2_048
  /// Claims that wait to be checked or merged, for one Datanet; more are dropped and come again.
  public static let claimsWaiting = 16_384
  /// And their bytes.
  public static let claimBytesWaiting = 16 << 20
  /// Bytes of claims in one message that answers.
  public static let claimBytesInMessage = 128 << 10
  /// Claims in one message.
  public static let claimsInMessage = 1_024
  /// Chains that wait to be sent to one peer, for one Datanet.
  public static let chainsToSend = 65_536
  /// Ranges of claims that one peer may ask for in `askedMilliseconds`.
  public static let asked = 1_024
  /// Messages of reconciliation that are answered for one peer in `askedMilliseconds`.
  public static let rounds = 64
  /// With so many authors a message of reconciliation counts once more.
  public static let authorsOfRound = 1 << 16
  public static let askedMilliseconds: UInt64 = 10_000
  /// Claims from the future that wait for their time, for one Datanet.
  public static let futureClaims = 1_024
  /// A claim that is so far ahead of the wall clock waits.
  public static let futureMilliseconds = 600_000
  /// Between two rounds of reconciliation, with one peer of a Datanet in turn.
  public static let roundMilliseconds: UInt64 = 60_000
  /// A round that was answered with differences is followed by one of our own after this, while
  /// nobody has agreed with us yet.
  public static let answeredMilliseconds: UInt64 = 5_000
  /// A round that brought differences is followed by another after this; twice as long each time.
  public static let nextRoundMilliseconds: UInt64 = 1_000
  /// After a few differences their claims are here sooner.
  public static let smallRoundMilliseconds: UInt64 = 100
  /// An arrival of at most so many claims is passed on to others at once; a larger one is left to
  /// reconciliation, which costs less.
  public static let gossipAtOnce = 64
  /// Contributions that are fetched at the same time.
  public static let activeContributions = 64
  /// Contributions of at least so many bytes are compared with the author's earlier ones,
  public static let patchedBytes: UInt64 = 64 << 10
  /// and of at most so many: the index of segments takes a fortieth of the bytes in memory.
  public static let patchedBytesAtMost: UInt64 = 4 << 30
  /// Contributions in hand, with those that others seek here.
  public static let contributionsInHand = 1_024
  /// Contributions that are looked at in one go: whether they are here takes reading.
  public static let lookedAtOnce = 16
  /// What a manifest's block is taken to have before it is here.
  public static let nodeBytes = 64 << 10
  /// What was retracted is collected so long after the last retraction.
  public static let collectMilliseconds: UInt64 = 10_000
  /// After the machine's trouble fetching rests so long.
  public static let troubleMilliseconds: UInt64 = 30_000
  /// Nodes of manifests that are asked for at the same time, for one contribution.
  public static let needsAtOnce = 64
  /// Bytes that have arrived and are not written yet, of all peers; beyond it reading pauses.
  public static let unwrittenBytes = 16 << 20
  /// While fewer wait, a sender may go on before what it has sent is written.
  public static let grantedBytes = 12 << 20
  /// Blocks that are checked and written as one piece of work, and their bytes: the disk likes large
  /// pieces, so fewer wait for more, but not longer than this.
  public static let blocksAtOnce = 512
  public static let blockBytesAtOnce = 4 << 20
  public static let storeMilliseconds: UInt64 = 2
  /// Such pieces at the same time.
  public static let storesAtOnce = 2
  /// Blocks that are entered in the index before anything else has its turn.
  public static let enteredAtOnce = 2_048
  /// Written blocks are put on the disk when so many bytes wait or the oldest waits so long.
  public static let syncBytes = 256 << 20
  public static let syncMilliseconds: UInt64 = 300
  /// Twice as long as the last sync took, but no longer than this.
  public static let longestSyncMilliseconds: UInt64 = 3_000
  /// Blocks read for one link as one piece of work, and the bytes that then wait in its queue.
  public static let readBlocks = 256
  public static let readBytes = 2 << 20
  /// A first ban; each further one is four times as long.
  public static let banMilliseconds: UInt64 = 60_000
  public static let longestBanMilliseconds: UInt64 = 30 * 86_400_000
  /// Bans that are remembered.
  public static let bans = 4_096
  /// Between two looks at whether somebody should be dialled.
  public static let dialMilliseconds: UInt64 = 1_000
  /// Between two dials to somebody who is not connected, though Datanets have peers.
  public static let reachMilliseconds: UInt64 = 30_000
  /// A dial that came to nothing by then is given up.
  public static let dialTimeoutMilliseconds: UInt64 = 15_000
  /// Contacts whose back-off is remembered.
  public static let waitsKept = 256
  /// A peer that comes may know more than those before it: for so long nothing is called complete
  /// before its claims were compared.
  public static let compareMilliseconds: UInt64 = 10_000
  /// A connection that shares nothing is closed after so long.
  public static let uselessMilliseconds: UInt64 = 15_000
  /// Dials under way at one time.
  public static let dialling = 8
}
