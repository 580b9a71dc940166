"""At the limits: the largest claim, a thousand authors, a direction's second key."""
import random

from nacl.signing import SigningKey

from discovery import read_ticket
from encoding import DAG_CBOR, link, varint
from exchange import CANCEL, REQUEST, ranges
from reconciliation import BUCKETS, SKETCH, pack_numbers, pack_states
from session import FRAMES_PER_KEY, REQUESTS
from sharing import BROADCAST, OVERLAY, RECONCILIATION, WIRE_CLAIMS

MANY_AUTHORS = 1000


def largest_claim(stories):
    """A claim may be as long as a block."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    review = {"claim": link(DAG_CBOR, net.claims.genesis), "opinion": "approve"}

    def signed(count, last):
        items = [{**review, "note": "x" * n} for n in [1000] * (count - 1) + [last]]
        return net.claims.sign(peer.identity, "review", {"items": items}, 1 << 40)

    one, two = (len(signed(300 + n, 1000).block) for n in (0, 1))
    count, short = divmod((1 << 20) - one, two - one)
    claim = signed(300 + count + 1, 1000 - (two - one) + short)
    assert len(claim.block) == 1 << 20
    net.publish(claim)
    assert peer.run(20, lambda: net.claims.digest().hex() == stories.digest()), connection.end
    peer.close()
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    peer.close()


def reconciliation(stories):
    """Equal sets, a thousand new authors, and scattered differences on both sides."""
    peer, net, connection = stories.meet(stories.crowd)
    stories.agree(peer, net, connection, "crowd")
    before = connection.sent + connection.received
    net.reconcile(connection)
    assert peer.run(10, lambda: connection in net.agreed)
    equal = connection.sent + connection.received - before
    assert equal < 500 and len(net.costs[-1]) == 2, (equal, net.costs[-1])
    dice = random.Random(11)
    authors = [SigningKey(dice.randbytes(32)) for _ in range(MANY_AUTHORS)]
    for author in authors:
        net.claims.add(net.claims.sign(author, "note", {"set": {"title": ["here"]}}))
    net.reconcile(connection)
    stories.agree(peer, net, connection, "crowd")
    # A second client knows all of them; then each side learns of others in between.
    other, theirs, line = stories.meet(stories.crowd)
    stories.agree(other, theirs, line, "crowd")
    other.close()
    for author in authors[:60]:
        net.publish(net.claims.sign(author, "note", {"set": {"title": ["ada's"]}}))
    assert peer.run(30, lambda: net.claims.digest().hex() == stories.digest("crowd"))
    for author in authors[60:90] + [SigningKey.generate() for _ in range(10)]:
        theirs.claims.add(theirs.claims.sign(author, "note", {"set": {"title": ["theirs"]}}))
    other, theirs, line = stories.meet(stories.crowd, other)
    stories.agree(other, theirs, line, "crowd")
    scattered = sum(length for _, length in theirs.costs[-2])
    assert {kind for kind, _ in theirs.costs[-2]} & {SKETCH, BUCKETS}, theirs.costs
    other.close()
    peer.close()
    return f"equal sets cost {equal} bytes, 100 scattered chains {scattered}"


def key_change(stories):
    """More than 65,536 frames in each direction."""
    peer, net, connection = stories.meet(stories.ticket)
    stories.agree(peer, net, connection)
    root = net.chunks.contributions()[0]
    net.chunks.want(root)
    assert peer.run(20, lambda: net.chunks.is_complete(root))
    chunk = net.chunks.manifest(root).places()[0]
    session, asked, enough = connection.session, 0, FRAMES_PER_KEY + 100
    while min(session.receiving.counter, session.sending.counter) < enough:
        assert connection.end is None, connection.end
        if asked <= peer.blocks_received + 256 and session.receiving.counter < enough:
            net.chunks.tell(connection, REQUEST, chunk * 512)
            asked += 512
        if session.sending.counter < enough and not session.queues[REQUESTS]:
            for _ in range(512):
                net.chunks.tell(connection, CANCEL, b"")
        peer.step(0.001)
    net.reconcile(connection)
    assert peer.run(20, lambda: connection in net.agreed)
    peer.close()
    return f"{session.sending.counter} frames sent, {session.receiving.counter} received"


def large_contribution(stories):
    """A manifest of several levels, and three Datanets on one session."""
    dice = random.Random(3)
    text = "".join('{"text":"%s"}\n' % dice.randbytes(60).hex() for _ in range(150_000))
    stories.program.write("large.jsonl", text)
    stories.program.run("ada", "create", "large")
    stories.program.run("ada", "add", "large", "large.jsonl")
    ticket = stories.program.json("ada", "ticket", "large")["ticket"]
    peer, net, connection = stories.meet(stories.crowd)
    for genesis, key, _ in map(read_ticket, (ticket, stories.private)):
        peer.follow(genesis, key)
    assert peer.run(20, lambda: len(peer.told("opened")) == 3)
    assert all(peer.run(20, lambda: connection in each.agreed) for each in peer.nets.values())
    large = peer.nets[read_ticket(ticket)[0]].chunks
    root, = large.contributions()
    large.want(root)
    assert peer.run(120, lambda: large.is_complete(root)), connection.end
    manifest = large.manifest(root)
    assert dict(manifest.contents()) == {"large.jsonl": text.encode()} and len(manifest.nodes) > 2
    peer.close()
    return f"{len(manifest.chunks)} chunks, {len(manifest.nodes)} nodes"


def extremes(stories):
    """Well-formed messages that say absurd things: ada goes on, and so does the session."""
    peer, net, connection = stories.meet(stories.crowd)
    stories.agree(peer, net, connection, "crowd")
    dice, someone = random.Random(5), bytes(peer.key)
    rounds = [
        [0, 2**32 - 1, b"\xff" * 8, b"\xff" * 256], [0, 0, bytes(8), bytes(256)],
        [0, 2**31, dice.randbytes(8), dice.randbytes(256)], [1], [2, dice.randbytes(14 * 16_384)],
        [3, 0], [3, 17], [4, 0, dice.randbytes(2)], [4, 17, bytes(196_608)], [5, 0, b"\0\0\0"],
        [5, 17, b"".join(varint(int(n > 0)) + b"\0" + varint(0) for n in range(60_000))],
        [5, 4, b"\0\0" + varint(9000) + dice.randbytes(18_000)],
        [6, pack_states([(n * 200_000, 2**32 - 1, n) for n in range(20_000)]), False, 0, b""],
        [6, pack_states([(n, 0, 0) for n in range(20_000)]), True, 17, pack_numbers(range(131_072))],
        [6, b"", True, 0, b"\0"]]
    for number, message in enumerate(rounds):
        net.tell(connection, RECONCILIATION, message, dice.choice([0, number, 2**32 - 1]))
    for message in ([1, someone, 2**31 - 1, 1024], [1, bytes(32), 0, 1], [2, bytes(32)], [0, []]):
        net.tell(connection, WIRE_CLAIMS, message)
    for message in ([0, bytes(32), 2**28 - 2**18, b"\x80\x80\x10"], [0, bytes(32), 0, b"\0" * 9000],
                    [1, bytes(32) * 300], [2, bytes(32 * 1024)], [3, bytes(32 * 1024), 2],
                    [4, False], [5, True], [6, dice.randbytes(32 * 1024), True], [6, b"", True],
                    [7, [[dice.randbytes(32), ranges([(2 * n, 1) for n in range(2000)])]] * 60]):
        net.chunks.tell(connection, *message)
    stranger = [dice.randbytes(32), ["[::1]:1", "no address", "x:99999", ""] * 2]
    for message in ([1, stranger, 6], [1, stranger, 0], [2, stranger, True], [3, True], [4], [4],
                    [5, stranger, 6, [stranger] * 8], [5, [someone, []], 0, []], [6, [stranger] * 8]):
        net.tell(connection, OVERLAY, message)
    for message in ([1, b""], [1, dice.randbytes(33 * 1024)], [2, None], [2, bytes(32)], [3]):
        net.tell(connection, BROADCAST, message)
    peer.run(3)
    assert connection.end is None, connection.end
    net.reconcile(connection)
    stories.agree(peer, net, connection, "crowd")
    peer.close()


ALL = [(story.__name__, story) for story in (
    largest_claim, large_contribution, reconciliation, extremes, key_change)]
