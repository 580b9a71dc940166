// What another peer can send.

import PeerProtocol

let peerDecoders: [Decoder] = [
  Decoder("hello", seeds: { [[0xA0], [0x01, 0x02]] }) { bytes in
    _ = Hello(bytes)
    return nil
  }
]
