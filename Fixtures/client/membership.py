"""One Datanet of a peer: its claims, and what is said about them on each link
(Specs/Overlay.md, Reconciliation.md)."""
import time

import reconciliation as rec
from chunks import Chunks
from claims import NO_FORK, Claim, Datanet
from encoding import encode
from sharing import BROADCAST, EXCHANGE, OVERLAY, RECONCILIATION, WIRE_CLAIMS

JOIN, FORWARD_JOIN, NEIGHBOUR, NEIGHBOUR_ANSWER, PART, SHUFFLE, SHUFFLE_ANSWER = range(7)
GOSSIP, ANNOUNCE, GRAFT, PRUNE = range(4)
CLAIMS, WANT, FIND = range(3)
CLAIMS_OF_A_MESSAGE = 1024
PAUSE_SECONDS = 0.5


class Membership:
    def __init__(self, peer, genesis):
        self.peer, self.claims = peer, Datanet(genesis)
        self.chunks = Chunks(self)
        self.rounds, self.due, self.agreed, self.costs = {}, {}, set(), []
        self.neighbours, self.asks_again = set(), True

    def links(self):
        return [link for link in self.peer.links
                if link.end is None and self.claims.genesis in link.open]

    def tell(self, link, protocol, message, round_=0):
        if link.end is None:
            link.tell(self.claims.genesis, protocol, message, round_)

    def opened(self, link):
        if self.claims.founder is None:
            self.tell(link, WIRE_CLAIMS, [FIND, self.claims.genesis])
        if link.is_dialler:
            self.tell(link, OVERLAY, [JOIN, [self.peer.key, self.peer.addresses]])
            self.neighbours.add(link)
            self.due[link] = time.monotonic()
        self.chunks.opened(link)

    def heard(self, link, protocol, round_, message):
        if protocol == RECONCILIATION:
            self.reconciliation(link, round_, message)
        elif protocol == EXCHANGE:
            self.chunks.heard(link, message)
        elif protocol == OVERLAY:
            self.overlay(link, message)
        elif protocol == BROADCAST:
            self.broadcast(link, message)
        elif protocol == WIRE_CLAIMS:
            self.wire(link, message)

    # --- Claims ---------------------------------------------------------------------------------

    def publish(self, claim):
        """A claim of our own, to everybody."""
        self.claims.add(claim)
        for link in self.links():
            self.pass_on(link, claim, 0)

    def pass_on(self, link, claim, hops):
        """Gossip counts between neighbours only."""
        if link in self.neighbours:
            self.tell(link, BROADCAST, [GOSSIP, claim.block, hops])
        else:
            self.push(link, [claim])

    def arrived(self, link, block):
        claim = Claim(block)  # nothing is believed before its signature is checked
        if self.claims.founder is None and claim.digest != self.claims.genesis:
            return
        is_new = self.claims.add(claim)
        chain = self.claims.chains[claim.author]
        if claim.height > chain.count and chain.fork > claim.height:
            lacking = min(1024, claim.height - chain.count)
            self.tell(link, WIRE_CLAIMS, [WANT, claim.author, chain.count, lacking])
        if link in self.due:
            self.due[link] = time.monotonic() + PAUSE_SECONDS
        if is_new:
            for other in self.links():
                if other is not link:
                    self.pass_on(other, claim, 1)

    def wire(self, link, message):
        if message[0] == CLAIMS:
            for block in message[1]:
                self.arrived(link, block)
        elif message[0] == WANT:
            chain, first = self.claims.chains.get(message[1]), message[2]
            if chain is not None:
                self.push(link, chain.counting()[first:first + message[3]])
        elif found := self.claims.claim(message[1]):
            self.push(link, [found])

    def push(self, link, claims):
        """In messages of at most 1,024 claims and half a megabyte."""
        part, size = [], 0
        for claim in claims:
            if part and (len(part) == CLAIMS_OF_A_MESSAGE or size + len(claim.block) > 1 << 19):
                self.tell(link, WIRE_CLAIMS, [CLAIMS, part])
                part, size = [], 0
            part, size = part + [claim.block], size + len(claim.block)
        if part:
            self.tell(link, WIRE_CLAIMS, [CLAIMS, part])

    def overlay(self, link, message):
        if message[0] == JOIN:
            self.neighbours.add(link)
        elif message[0] == NEIGHBOUR:
            self.neighbours.add(link)
            self.tell(link, OVERLAY, [NEIGHBOUR_ANSWER, True])
        elif message[0] == PART:
            self.neighbours.discard(link)
        elif message[0] == SHUFFLE:
            self.tell(link, OVERLAY, [SHUFFLE_ANSWER, []])

    def broadcast(self, link, message):
        if message[0] == GOSSIP:
            self.arrived(link, message[1])
        elif message[0] == ANNOUNCE:
            for at in range(0, len(message[1]), 33):
                if self.claims.claim(message[1][at:at + 32]) is None:
                    self.tell(link, BROADCAST, [GRAFT, message[1][at:at + 32]])
        elif message[0] == GRAFT and message[1] and (found := self.claims.claim(message[1])):
            self.tell(link, BROADCAST, [GOSSIP, found.block, 0])

    # --- Reconciliation -------------------------------------------------------------------------

    def tick(self):
        """A round begins when a Datanet was opened, and again after one with differences."""
        for link, moment in list(self.due.items()):
            if moment <= time.monotonic() and self.claims.founder is not None:
                del self.due[link]
                self.reconcile(link)

    def round(self, link, number):
        frontier = [(author, *chain.announced()) for author, chain in self.claims.chains.items()
                    if chain.count or chain.fork != NO_FORK]
        return rec.Round(link.session.binding, self.claims.genesis, number, frontier)

    def reconcile(self, link):
        number = self.rounds[link][0] + 1 if link in self.rounds else 1
        self.rounds[link] = (number, self.round(link, number))
        self.agreed.discard(link)
        self.costs.append([])
        self.say(link, self.rounds[link][1].summary(), number)

    def say(self, link, message, number):
        self.costs[-1].append((message[0], len(encode(message))))
        self.tell(link, RECONCILIATION, message, number)

    def reconciliation(self, link, number, message):
        kind = message[0]
        if kind in (rec.SUMMARY, rec.ASK, rec.LISTS) or kind == rec.STATES and not message[2]:
            self.answer(link, number, message)
            return
        asked, own = self.rounds.get(link, (None, None))
        if asked != number:
            return
        self.costs[-1].append((kind, len(encode(message))))
        if kind == rec.SAME:
            self.agreed.add(link)
        elif kind == rec.BUCKETS:
            self.say(link, own.lists(message[1], message[2]), number)
        elif (found := own.differing(message)) is None:
            symbols = len(message[1]) // rec.SYMBOL_BYTES
            self.say(link, [rec.ASK, own.best_bits(len(own.authors), symbols)], number)
        else:
            theirs, unknown = found
            wants = own.wants(theirs)
            if wants[1]:
                self.say(link, wants, number)
            self.send_behind(link, own, theirs)
            for author in unknown:
                self.push(link, rec.claims_for(self.claims.chains[author], own, 0, 0, 0))
            if self.asks_again:
                self.due[link] = time.monotonic() + PAUSE_SECONDS

    def send_behind(self, link, own, theirs):
        for author, place, count, fingerprint in own.behind(theirs):
            chain = self.claims.chains[author]
            self.push(link, rec.claims_for(chain, own, place, count, fingerprint))

    def answer(self, link, number, message):
        own = self.round(link, number)
        if message[0] == rec.STATES:
            self.send_behind(link, own, rec.unpack_states(message[1]))
            return
        if message[0] == rec.SUMMARY:
            reply = own.answer_summary(message)
        elif message[0] == rec.ASK:
            reply = own.buckets_message(message[1])
        else:
            reply = own.answer_lists(message[1], message[2])
        self.tell(link, RECONCILIATION, reply, number)
