"""A small peer: its connections, and the blocks that it holds. Everything lies in memory."""
import select
import socket
import time

import exchange
from encoding import Refused, sha256
from membership import Membership
from sharing import Link


class Peer:
    """`log` tells what happened, for whoever watches: (name, …)."""

    def __init__(self, identity):
        self.identity, self.key = identity, bytes(identity.verify_key)
        self.nets, self.keys, self.blocks = {}, {}, {}
        self.links, self.listener, self.addresses, self.log = [], None, [], []
        self.packs, self.blocks_received = False, 0

    def follow(self, genesis, key=None):
        """A Datanet that is opened with everybody from now on."""
        self.nets[genesis], self.keys[genesis] = Membership(self, genesis), key
        return self.nets[genesis]

    def dial(self, host, port, expected=None, psk=None, **settings):
        link = Link.dial(host, port, self.identity, lambda: self.keys, expected=expected, psk=psk,
                         addresses=self.addresses, **settings)
        self.links.append(link)
        return link

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.addresses = [f"127.0.0.1:{self.listener.getsockname()[1]}"]

    def close(self):
        """A goodbye to everybody."""
        for link in self.links:
            link.session.finish("left")
            link.flush()
            link.socket.close()
        if self.listener:
            self.listener.close()
        self.links = []

    def run(self, seconds, until=lambda: False):
        """Works until something holds; false when the time is over before."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                return False
            self.step()
        return True

    def step(self, wait=0.05):
        live = [link for link in self.links if link.end is None]
        for net in self.nets.values():
            net.tick()
        for link in live:
            link.flush()
        readers = [link.socket for link in live] + ([self.listener] if self.listener else [])
        writers = [link.socket for link in live if link.session.out]
        ready, _, _ = select.select(readers, writers, [], wait)
        if self.listener in ready:
            connection, _ = self.listener.accept()
            keys = [key for key in self.keys.values() if key]
            self.links.append(Link(connection, False, self.identity, lambda: self.keys, keys=keys,
                                   addresses=self.addresses))
        for link in live:
            if link.socket in ready:
                for event in link.pump():
                    self.handle(link, event)
            link.flush()
            if link.end is not None:
                link.socket.close()

    def handle(self, link, event):
        kind, *rest = event
        if kind == "established":
            for genesis in self.nets:
                link.ask(genesis)
        elif kind == "opened":
            self.nets[rest[0]].opened(link)
        elif kind == "message":
            self.block_arrived(rest[1])
        elif kind == "datanet":
            genesis, protocol, round_, message = rest
            self.nets[genesis].heard(link, protocol, round_, message)
        if kind in ("established", "opened", "refused", "ended"):
            self.log.append((kind, *rest))

    def block_arrived(self, message):
        digest, form, plain = exchange.read_block(message)
        if form in (exchange.PART, exchange.PACKED_PART):
            self.log.append(("pieces", digest, plain))
            return
        if sha256(plain) != digest:
            raise Refused("corrupt: its sender would be banned")
        self.blocks[digest] = plain
        self.blocks_received += 1
        self.log.append(("block", form, len(plain), len(message) - 37))
        for net in self.nets.values():
            net.chunks.arrived(digest)

    def told(self, kind):
        return [entry for entry in self.log if entry[0] == kind]
