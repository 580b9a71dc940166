// The module PeerProtocol; see Specs/Architecture.md.
