"""Fetching and serving the chunks of one Datanet (Specs/Exchange.md)."""
import exchange
from encoding import digest_of
from exchange import Manifest
from session import CHUNKS
from sharing import EXCHANGE

LONGEST_QUEUE = 16


class Chunks:
    def __init__(self, net):
        self.net, self.blocks = net, net.peer.blocks
        self.sought, self.has, self.slots, self.asked = [], {}, set(), {}
        self.manifests, self.open = {}, {}

    def tell(self, link, *message):
        self.net.tell(link, EXCHANGE, list(message))

    def opened(self, link):
        self.tell(link, exchange.SLOT, True)
        for root in self.sought:
            self.seek(link, root)

    def contributions(self):
        """The manifests that contributions name. Roles and retractions are not looked at."""
        return [digest_of(item["manifest"]) for claim in self.net.claims.arrived
                if claim.kind == "contribution" for item in claim.body["items"]]

    def want(self, root):
        """Seeks a contribution from everybody, and fetches it from whoever has it."""
        self.sought.append(root)
        for link in self.net.links():
            self.seek(link, root)

    def seek(self, link, root):
        self.tell(link, exchange.SEEK, root, True)
        self.tell(link, exchange.INTEREST, True)

    def manifest(self, root):
        """Read again until it is whole."""
        if root not in self.manifests:
            manifest = Manifest(root, self.blocks)
            if manifest.missing:
                return manifest
            self.manifests[root] = manifest
        return self.manifests[root]

    def is_complete(self, root):
        return root in self.manifests and not self.missing(root)

    def missing(self, root):
        """(place, digest) of what is lacking: nodes of the manifest, then chunks."""
        if root not in self.open:
            manifest = self.manifest(root)
            if manifest.missing:
                return [(None, digest) for digest in manifest.missing]
            self.open[root] = dict(enumerate(manifest.places()))
        for place in [p for p, digest in self.open[root].items() if digest in self.blocks]:
            del self.open[root][place]
        return list(self.open[root].items())

    def ask(self):
        """Asks for manifests' nodes of whoever knows them, then for chunks of whoever has them."""
        for root in self.sought:
            missing = self.missing(root)
            for link in self.net.links():
                if link not in self.slots or (root, link) not in self.has:
                    continue
                has, room = self.has[root, link], LONGEST_QUEUE - len(self.asked)
                chosen = [d for place, d in missing if d not in self.asked
                          and (place is None or place in has)][:max(0, room)]
                if chosen:
                    self.asked.update((digest, link) for digest in chosen)
                    self.tell(link, exchange.REQUEST, b"".join(chosen))

    def arrived(self, digest):
        self.asked.pop(digest, None)
        self.ask()

    def heard(self, link, message):
        kind = message[0]
        if kind == exchange.HAVE:
            places = exchange.read_runs(message[3], message[2])
            self.has.setdefault((message[1], link), set()).update(places)
        elif kind == exchange.SLOT:
            (self.slots.add if message[1] else self.slots.discard)(link)
        elif kind == exchange.REFUSE:
            for digest in exchange.digests(message[1]):
                self.asked.pop(digest, None)
            self.net.peer.log.append(("refusal", message[2]))
        elif kind == exchange.SEEK and message[2]:
            for root in exchange.digests(message[1]):
                if root in self.blocks:
                    self.offer(link, root)
        elif kind == exchange.REQUEST:
            for digest in exchange.digests(message[1]):
                self.serve(link, digest)
        elif kind == exchange.PIECES:
            for digest, ranges in message[1]:
                self.serve(link, digest, exchange.read_ranges(ranges))
        self.ask()

    def offer(self, link, root):
        present = [digest in self.blocks for digest in self.manifest(root).places()]
        self.tell(link, exchange.HAVE, root, 0, exchange.runs(present))

    def serve(self, link, digest, ranges=None):
        if digest not in self.blocks:
            self.tell(link, exchange.REFUSE, digest, 0)
            return
        message = exchange.block_message(digest, self.blocks[digest], ranges, self.net.peer.packs)
        link.session.send(CHUNKS, message)
        self.net.peer.log.append(("served", digest))
