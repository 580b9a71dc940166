"""At the limits: the largest claim, a thousand authors, a direction's second key."""
import random

from nacl.signing import SigningKey

from encoding import DAG_CBOR, link
from exchange import CANCEL, REQUEST
from reconciliation import BUCKETS, SKETCH
from session import FRAMES_PER_KEY, REQUESTS

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


ALL = [(story.__name__, story) for story in (largest_claim, reconciliation, key_change)]
