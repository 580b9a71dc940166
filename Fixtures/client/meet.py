#!/usr/bin/env python3
"""The client meets a real peer: one story after the other, each printed when it has held.

  python meet.py DATANET [STORY …]        DATANET is the program; without stories, all of them
"""
import os
import sys
import tempfile
import time

from nacl.signing import SigningKey

import limits
import misbehaviour
from discovery import host_and_port, read_ticket, write_ticket
from encoding import DAG_CBOR, Refused, address, cid_text, link
from exchange import PACKED, PIECES, ranges, small_contribution
from local import local_network
from peer import Peer
from program import Program
from sharing import BROADCAST


class Stories:
    """ada is the real peer; the client is a new identity in each story."""

    def __init__(self, program):
        self.program = program
        program.run("ada", "init")
        self.files = {
            "one.jsonl": b'{"text":"one"}\n',
            "many.jsonl": b"".join(b'{"text":"line %d, which packs well"}\n' % n for n in range(4000))}
        for name, data in self.files.items():
            program.write(name, data.decode())
        for words in (["create", "net"], ["create", "hidden", "--private"], ["create", "crowd"]):
            program.run("ada", *words)
            for name in self.files if words[1] != "crowd" else []:
                program.run("ada", "add", words[1], name)
        program.up("ada")
        self.ticket, self.private, self.crowd = (
            program.json("ada", "ticket", net)["ticket"] for net in ("net", "hidden", "crowd"))

    def peer(self, seed=None):
        return Peer(SigningKey(seed) if seed else SigningKey.generate())

    def meet(self, ticket, peer=None, dials_with_key=True, **settings):
        """Dials whom a ticket names and opens its Datanet."""
        genesis, key, contacts = read_ticket(ticket)
        identity, addresses = contacts[0]
        peer = peer or self.peer()
        net = peer.nets.get(genesis) or peer.follow(genesis, key)
        connection = peer.dial(*host_and_port(addresses[0]), identity,
                               key if dials_with_key else None, **settings)
        return peer, net, connection

    def digest(self, net="net", home="ada"):
        return self.program.json(home, "status", net)["digest"]

    def agree(self, peer, net, connection, name="net"):
        assert peer.run(30, lambda: connection in net.agreed), (connection.end, net.costs)
        assert net.claims.digest().hex() == self.digest(name)

    def tickets(self):
        for ticket, is_private in ((self.ticket, False), (self.private, True)):
            genesis, key, contacts = read_ticket(ticket)
            assert (key is not None) == is_private and len(contacts) == 1
            assert write_ticket(genesis, contacts, key) == ticket
            assert read_ticket(" \n".join(ticket.upper())) == (genesis, key, contacts)
            for damaged in (ticket[:-1], ticket[:20] + ticket[21:], ticket[8:], ticket + "1"):
                try:
                    read_ticket(damaged)
                except Refused:
                    continue
                raise AssertionError(damaged)

    def claims(self):
        for ticket, name in ((self.ticket, "net"), (self.private, "hidden")):
            peer, net, connection = self.meet(ticket)
            self.agree(peer, net, connection, name)
            assert connection.session.their_hello["n"].startswith("datanet ")
            peer.close()
        # A private Datanet opens by its proof on a session without its key, too.
        peer, net, connection = self.meet(self.private, dials_with_key=False)
        self.agree(peer, net, connection, "hidden")
        peer.close()

    def own_claims(self):
        peer, net, connection = self.meet(self.ticket)
        self.agree(peer, net, connection)
        note = net.claims.sign(peer.identity, "note", {"set": {"title": ["from afar"]}})
        net.publish(note)
        root, blocks = small_contribution("mine.jsonl", b'{"text":"from afar"}\n', 1)
        peer.blocks.update(blocks)
        item = {"manifest": link(DAG_CBOR, root), "records": 1, "bytes": 21}
        contribution = net.claims.sign(peer.identity, "contribution", {"items": [item]})
        net.publish(contribution)
        assert peer.run(20, lambda: len(peer.told("served")) >= 2), (connection.end, peer.log)
        sync = self.program.start("ada", "sync", "net", "--once")
        assert peer.run(60, lambda: sync.poll() is not None) and sync.returncode == 0
        log = self.program.run("ada", "log", "net")
        for claim in (note, contribution):
            assert cid_text(address(DAG_CBOR, claim.digest))[:16] in log, log
        assert self.program.run("ada", "cat", "net/mine.jsonl") == '{"text":"from afar"}\n'
        assert net.claims.digest().hex() == self.digest()
        peer.close()

    def forks(self):
        """A claim comes before its predecessor; and an author signs two claims at one height."""
        peer, net, connection = self.meet(self.ticket)
        self.agree(peer, net, connection)
        author = SigningKey.generate()
        for _ in range(4):
            claim = net.claims.sign(author, "note", {"set": {"title": ["later"]}})
            net.claims.add(claim)
        net.tell(connection, BROADCAST, [0, claim.block, 0])  # ada wants what lies below
        assert peer.run(20, lambda: net.claims.digest().hex() == self.digest())
        chain = net.claims.chains[bytes(author.verify_key)]
        chain.count, chain.head = 2, chain.counting()[1].digest
        second = net.claims.sign(author, "note", {"set": {"title": ["another story"]}})
        net.publish(second)
        assert chain.fork == 2 and chain.count == 2
        assert peer.run(20, lambda: net.claims.digest().hex() == self.digest())
        assert [event["height"] for event in self.program.events("ada", "fork")] == [2]
        # Somebody who knows one of the two stories only is told of the other.
        other, theirs, line = self.meet(self.ticket)
        self.agree(other, theirs, line)
        assert theirs.claims.chains[bytes(author.verify_key)].fork == 2
        other.close()
        peer.close()

    def asks_once(self):
        """Who never asks for another round is asked by ada, so that she knows that all is here."""
        peer, net, connection = self.meet(self.crowd)
        assert peer.run(20, lambda: connection in net.due and net.claims.founder)
        net.asks_again = False
        net.claims.add(net.claims.sign(peer.identity, "note", {"set": {"title": ["once"]}}))
        sync = self.program.start("ada", "sync", "crowd", "--once")
        assert peer.run(60, lambda: sync.poll() is not None) and sync.returncode == 0
        assert len(net.costs) == 1 and net.claims.digest().hex() == self.digest("crowd")
        peer.close()

    def chunks(self):
        peer, net, connection = self.meet(self.ticket)
        self.agree(peer, net, connection)
        roots = net.chunks.contributions()
        for root in roots:
            net.chunks.want(root)
        assert peer.run(60, lambda: all(map(net.chunks.is_complete, roots))), (
            connection.end, peer.log[-9:])
        found = dict(pair for root in roots for pair in net.chunks.manifest(root).contents())
        for name, data in self.files.items():
            assert found[name] == data
            with open(os.path.join(self.program.folder, "fetched-" + name), "wb") as file:
                file.write(found[name])
        chunk = max((d for root in roots for d in net.chunks.manifest(root).places()),
                    key=lambda d: len(peer.blocks[d]))
        pieces = [(3, 100), (500, 1000)]
        net.chunks.tell(connection, PIECES, [[chunk, ranges(pieces)]])
        assert peer.run(20, lambda: peer.told("pieces")), connection.end
        wanted = b"".join(peer.blocks[chunk][offset:offset + n] for offset, n in pieces)
        assert peer.told("pieces") == [("pieces", chunk, wanted)]
        peer.close()
        return peer.told("block")

    def packed_chunks(self):
        """On a slow line chunks travel packed."""
        words = b" ".join(b"%x" % (n * n) for n in range(400_000))
        self.program.write("big.txt", words.decode())
        self.files["big.txt"] = words
        self.program.run("ada", "add", "net", "big.txt")
        self.program.run("ada", "limit", "--up", "1MiB")
        time.sleep(1.5)  # limits hold from the next second on
        blocks = self.chunks()
        self.program.run("ada", "limit", "--up", "none")
        packed = [block for block in blocks if block[1] == PACKED]
        assert packed and all(block[3] < block[2] for block in packed), "nothing was packed"

    def served_to_a_stranger(self):
        """A new home joins with the client's ticket and gets everything from the client alone."""
        peer, net, connection = self.meet(self.private)
        self.agree(peer, net, connection, "hidden")
        for root in net.chunks.contributions():
            net.chunks.want(root)
        assert peer.run(30, lambda: all(map(net.chunks.is_complete, net.chunks.sought)))
        peer.close()
        peer.listen()
        peer.packs = True
        genesis, key = net.claims.genesis, peer.keys[net.claims.genesis]
        ticket = write_ticket(genesis, [(peer.key, peer.addresses)], key)
        self.program.run("ben", "init")
        self.program.run("ben", "join", ticket)
        sync = self.program.start("ben", "sync", "--once", "--no-discovery", "--timeout", "60")
        assert peer.run(90, lambda: sync.poll() is not None) and sync.returncode == 0
        assert self.digest("hidden", "ben") == net.claims.digest().hex()
        for name, data in self.files.items():
            if name != "big.txt":
                assert self.program.run("ben", "cat", "hidden/" + name).encode() == data
        peer.close()


ALL = ["tickets", "claims", "own_claims", "forks", "asks_once", "chunks", "packed_chunks",
       "served_to_a_stranger"]


def main(path, folder, names):
    program = Program(path, folder)
    try:
        stories = Stories(program)
        todo = [(name, getattr(stories, name)) for name in ALL]
        todo += [(name, lambda story=story: story(stories))
                 for name, story in limits.ALL + [("local_network", local_network)]
                 + misbehaviour.ALL]
        for name, story in todo:
            if names and name not in names:
                continue
            started = time.monotonic()
            said = story()
            took, said = time.monotonic() - started, said if isinstance(said, str) else "held"
            print(f"{name.replace('_', ' ')}: {said} ({took:.1f} s)", flush=True)
    finally:
        program.down()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="datanet-client-") as folder:
        main(sys.argv[1], folder, sys.argv[2:])
