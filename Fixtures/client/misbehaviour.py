"""What a real peer refuses, and by which name (Specs/Session.md, "Ends"; Sharing.md; Exchange.md)."""
import os
import socket

from nacl.signing import SigningKey

import session as wire
from discovery import host_and_port, read_ticket
from encoding import DAG_CBOR, did, encode, link, sha256
from exchange import PIECES, ranges, small_contribution
from sharing import BROADCAST


def address(stories):
    _, _, contacts = read_ticket(stories.ticket)
    return host_and_port(contacts[0][1][0])


def reasons(stories, peer, event):
    """Why ada says that a peer is gone, or banned."""
    return [e["reason"] for e in stories.program.events("ada", event) if e["peer"] == did(peer.key)]


def ended(peer, connection, seconds=20):
    assert peer.run(seconds, lambda: connection.end is not None), "the session goes on"
    return connection.end


def banned(stories, peer, connection):
    ended(peer, connection)
    assert peer.run(20, lambda: reasons(stories, peer, "banned"))
    return f"'{reasons(stories, peer, 'banned')[-1]}'"


def wrong_version(stories):
    peer, _, connection = stories.meet(stories.ticket, versions=(2, 9))
    assert ended(peer, connection) == "version: the other side speaks 1 to 1", connection.end
    # One of several is spoken.
    peer, net, connection = stories.meet(stories.ticket, versions=(1, 9))
    stories.agree(peer, net, connection)
    peer.close()


def unknown_features(stories):
    """Bits that nobody knows are ignored."""
    peer, net, connection = stories.meet(stories.ticket, features=2**64 - 1)
    stories.agree(peer, net, connection)
    peer.close()


def second_connection(stories):
    """Of two connections that one side dialled the newer stays."""
    peer, net, first = stories.meet(stories.ticket)
    stories.agree(peer, net, first)
    _, _, second = stories.meet(stories.ticket, peer)
    assert peer.run(20, lambda: first.end is not None), "both stay"
    assert first.end in ("goodbye: duplicate connection", "cut") and second.end is None
    stories.agree(peer, net, second)
    peer.close()


def no_datanet(stories):
    with socket.create_connection(address(stories)) as line:
        line.settimeout(15)
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert line.recv(100) == b""


def wrong_identity(stories):
    """A ticket that names somebody else: the dialler ends before it says who it is."""
    peer = stories.peer()
    connection = peer.dial(*address(stories), expected=bytes(SigningKey.generate().verify_key))
    assert ended(peer, connection) == "wrongIdentity"
    connected = stories.program.events("ada", "connected")
    assert did(peer.key) not in [event["peer"] for event in connected]


def false_proof(stories):
    """A hello whose proof is for another static key."""
    peer = stories.peer()
    connection = peer.dial(*address(stories))
    own = connection.session
    own._hello = lambda: wire.hello(own.identity, os.urandom(32), version=1)
    assert peer.run(15, lambda: connection.end is not None), "it was let in"
    assert connection.end in ("cut", "goodbye: protocol error"), connection.end


def wrong_key(stories):
    """XXpsk3 under a key that ada has not: the third message cannot be opened."""
    peer = stories.peer()
    connection = peer.dial(*address(stories), psk=os.urandom(32))
    assert ended(peer, connection) in ("cut", "handshake authentication"), connection.end


def unknown_datanet(stories):
    """Whoever knows neither ID nor key is told nothing, and stays."""
    peer = stories.peer()
    genesis, key, _ = read_ticket(stories.private)
    peer.follow(genesis, os.urandom(32))
    peer.follow(os.urandom(32))
    peer.dial(*address(stories))
    assert peer.run(10, lambda: len(peer.told("refused")) == 2), peer.log
    peer.close()


def beyond_a_block(stories):
    """Pieces that a block has not: refused, and no trouble of ada's."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    root = net.chunks.contributions()[0]
    net.chunks.want(root)
    assert peer.run(20, lambda: net.chunks.is_complete(root))
    chunk = net.chunks.manifest(root).places()[0]
    net.chunks.tell(connection, PIECES, [[chunk, ranges([(0, 1 << 20)])]])
    assert peer.run(20, lambda: peer.told("refusal")) and connection.end is None
    assert not stories.program.events("ada", "trouble")
    peer.close()


def replay(stories):
    """A frame that comes twice."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    peer.run(0.5)
    own = connection.session
    assert not own.out
    again = own.sending.seal(encode([3, 9]), wire.CONTROL, True)
    own.out += again + again
    ended(peer, connection)
    assert peer.run(20, lambda: reasons(stories, peer, "disconnected"))
    return f"'{reasons(stories, peer, 'disconnected')[-1]}'"


def too_long(stories):
    """A message beyond its channel's limit, in frames that are each allowed."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    own, piece = connection.session, bytes(wire.LONGEST_PAYLOAD)
    for _ in range(wire.LONGEST[wire.CLAIMS] // len(piece) + 1):
        own.out += own.sending.seal(piece, wire.CLAIMS, False)
    return banned(stories, peer, connection)


def false_signature(stories):
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    claim = net.claims.sign(peer.identity, "note", {"set": {"title": ["false"]}})
    forged = claim.block[:-1] + bytes([claim.block[-1] ^ 1])
    net.tell(connection, BROADCAST, [0, forged, 0])
    return banned(stories, peer, connection)


def corrupt_chunk(stories):
    """A liar is named at its first chunk."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    text = b'{"text":"%s"}\n' % os.urandom(8).hex().encode()
    root, blocks = small_contribution("false.jsonl", text, 1)
    peer.blocks.update(blocks)
    chunk = next(d for d in blocks if d != root)
    peer.blocks[chunk] = peer.blocks[chunk][::-1]
    item = {"manifest": link(DAG_CBOR, root), "records": 1, "bytes": len(peer.blocks[chunk])}
    claim = net.claims.sign(peer.identity, "contribution", {"items": [item]})
    assert sha256(peer.blocks[chunk]) != chunk
    net.publish(claim)
    return banned(stories, peer, connection)


ALL = [(story.__name__, story) for story in (
    wrong_version, unknown_features, second_connection, no_datanet, wrong_identity, false_proof, wrong_key, unknown_datanet, beyond_a_block, replay,
    too_long, false_signature, corrupt_chunk)]
