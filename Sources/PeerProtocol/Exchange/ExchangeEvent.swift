// What the exchange of chunks hears and what it answers (Specs/Exchange.md).

public import Cryptography

public enum ExchangeEvent: Sendable {
  case joined(PublicKey)
  case left(PublicKey)
  case message(ExchangeMessage, from: PublicKey)
  /// A contribution whose manifest is here: `wanted` places are fetched, `held` ones offered.
  /// Of the chunks in `pieces` only these ranges are asked for; without any, the chunk is being
  /// rebuilt.
  case follow(
    ContributionChunks, held: PlaceSet, wanted: PlaceSet, pieces: [Digest: [Range<Int>]] = [:])
  /// Rebuilding a chunk came to nothing: it is asked for whole.
  case unbuilt(Digest)
  /// A contribution is wanted whose manifest is not here yet.
  case seek(Digest)
  /// Parts of its manifest are here, and can be had.
  case knows(Digest)
  /// It is no longer wanted, or was retracted: nothing of it is fetched or offered.
  case forget(Digest)
  /// A block outside any chunk list, a manifest's node: whoever has the contribution has it.
  case need(Digest, byteCount: Int, of: Digest)
  /// A block arrived and is being checked.
  case arrived(Digest, byteCount: Int, from: PublicKey)
  /// It is checked and stored: from a peer, rebuilt here, or added by another process.
  case stored(Digest)
  /// It was not what its name says.
  case corrupt(Digest, from: PublicKey)
  /// It could not be stored, which is not the sender's fault.
  case lost(Digest)
  /// A wished block is on its way to a peer, `byteCount` bytes; nil when it is not here.
  case served(Digest, to: PublicKey, byteCount: Int?)
  case tick
}

public enum ExchangeEffect: Equatable, Sendable {
  case send(ExchangeMessage, to: PublicKey)
  /// A peer that had no wishes has some: `takeWish` them as its session has room.
  case wishes(PublicKey)
  /// Everything wanted of a contribution is here.
  case completed(Digest)
  /// A peer wants to hear of a contribution that is not in hand: when it is here, `follow` it.
  case sought(Digest, by: PublicKey)
  /// A peer sent what is not what it says, or broke a limit.
  case accuse(PublicKey, Accusation)

  public enum Accusation: Equatable, Sendable {
    case corruptBlock(Digest)
    case unasked(Digest)
    case tooManyRequests
    case haveMap
  }
}
