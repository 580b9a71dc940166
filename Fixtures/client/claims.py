"""Claims, chains and the digest of what everybody agrees about (Specs/Claims.md, Merge.md)."""
import re
import time

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from encoding import DAG_CBOR, Refused, decode, digest_of, encode, link, sha256

DOMAIN = b"datanet/claim/v1"
NO_FORK = 2**64 - 1
FIELDS = {"v", "net", "author", "height", "prev", "seen", "time", "kind", "body"}


class Claim:
    """A checked claim: its envelope is well formed and its signature its author's."""

    def __init__(self, block):
        self.block = bytes(block)
        value = decode(self.block)
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict)
                and isinstance(value[1], bytes) and len(value[1]) == 64):
            raise Refused("envelope")
        fields = value[0]
        if fields.get("v") != 1:
            raise Refused("version")
        if unknown := set(fields) - FIELDS:
            raise Refused(f"unknownField: {unknown}")
        self.digest = sha256(self.block)
        self.author, self.height = fields.get("author"), fields.get("height")
        self.time, self.kind, self.body = (fields.get(k) for k in ("time", "kind", "body"))
        if not (isinstance(self.author, bytes) and len(self.author) == 32
                and type(self.height) is int and 0 <= self.height < 2**31
                and type(self.time) is int and 0 <= self.time < 2**53
                and isinstance(self.kind, str) and re.fullmatch("[a-z0-9-]{1,32}", self.kind)
                and isinstance(self.body, dict)):
            raise Refused("field")
        self.net = digest_of(fields["net"], DAG_CBOR) if "net" in fields else None
        self.previous = digest_of(fields["prev"], DAG_CBOR) if "prev" in fields else None
        seen = fields.get("seen", [None])
        if not isinstance(seen, list) or not 1 <= len(seen) <= 64:
            raise Refused("field")
        self.seen = [] if "seen" not in fields else [digest_of(s, DAG_CBOR) for s in seen]
        if self.seen != sorted(set(self.seen)):
            raise Refused("field")
        is_genesis = self.kind == "genesis"
        if (self.net is None) != is_genesis or (self.previous is None) != (self.height == 0) \
                or is_genesis and self.height:
            raise Refused("place")
        try:
            VerifyKey(self.author).verify(DOMAIN + self.block[1:-66], value[1])
        except (BadSignatureError, ValueError) as error:
            raise Refused("signature") from error

    @property
    def datanet(self):
        return self.digest if self.net is None else self.net


class Chain:
    """What is known of one author."""

    def __init__(self, is_founder):
        self.is_founder, self.held, self.said, self.fork = is_founder, {}, {}, NO_FORK
        self.count, self.head = 0, bytes(32)

    def add(self, claim):
        self.held[claim.digest] = claim
        self.said.setdefault(claim.height, set()).add(claim.digest)
        if claim.previous is not None:
            self.said.setdefault(claim.height - 1, set()).add(claim.previous)
        forks = [h for h, digests in self.said.items() if len(digests) > 1]
        if forks:
            self.fork = max(min(forks), 1 if self.is_founder else 0)
        places = {c.height: c for c in self.held.values()}
        while self.count in places and self.count < self.fork:
            self.head, self.count = places[self.count].digest, self.count + 1
        if self.count > self.fork:
            self.count = self.fork
            below = places.get(self.fork - 1)
            self.head = below.digest if below else bytes(32)

    def counting(self):
        """The claims that count, from the first."""
        return sorted((c for c in self.held.values() if c.height < self.count),
                      key=lambda c: c.height)

    def proof(self):
        """Two claims that say different things about the fork's height."""
        told = {}
        for claim in self.held.values():
            for height, digest in ((claim.height, claim.digest), (claim.height - 1, claim.previous)):
                if height == self.fork and digest is not None:
                    told.setdefault(digest, claim)
        return list(told.values())[:2]

    def announced(self):
        """What reconciliation compares: (count, head)."""
        if self.fork == NO_FORK:
            return self.count, self.head
        head = sha256(b"datanet/fork/v1" + self.head + self.fork.to_bytes(8, "big"))
        return max(1, self.count), head


class Datanet:
    """A set of claims of one Datanet and what follows from it."""

    def __init__(self, genesis):
        """`genesis` is its address' digest: all that a ticket tells."""
        self.genesis, self.chains, self.founder, self.arrived = genesis, {}, None, []

    def add(self, claim):
        """True if it is new. A claim of another Datanet is refused."""
        if claim.datanet != self.genesis:
            raise Refused("foreign claim")
        if claim.kind == "genesis":
            self.founder = claim.author
        if claim.author not in self.chains:
            self.chains[claim.author] = Chain(claim.author == self.founder)
        chain = self.chains[claim.author]
        if claim.digest in chain.held:
            return False
        chain.add(claim)
        self.arrived.append(claim)
        return True

    def claim(self, digest):
        return next((c.held[digest] for c in self.chains.values() if digest in c.held), None)

    def frontier(self):
        """(author, count, head, fork) of everybody of whom something counts or forks."""
        return [(author, chain.count, chain.head, chain.fork)
                for author, chain in sorted(self.chains.items())
                if chain.count or chain.fork != NO_FORK]

    def digest(self):
        return sha256(b"datanet/state/v1" + self.genesis + b"".join(
            author + count.to_bytes(8, "big") + head + fork.to_bytes(8, "big")
            for author, count, head, fork in self.frontier()))

    def sign(self, identity, kind, body, moment=None):
        """The next claim of an author's chain."""
        author = bytes(identity.verify_key)
        chain = self.chains.get(author)
        statement = {
            "v": 1, "author": author, "height": chain.count if chain else 0, "kind": kind,
            "body": body, "time": int(time.time() * 1000) if moment is None else moment}
        if kind != "genesis":
            statement["net"] = link(DAG_CBOR, self.genesis)
        if chain and chain.count:
            statement["prev"] = link(DAG_CBOR, chain.head)
        heads = sorted(c.head for a, c in self.chains.items() if a != author and c.count)
        if heads and kind != "genesis":
            statement["seen"] = [link(DAG_CBOR, head) for head in heads[:8]]
        signed = encode(statement)
        return Claim(encode([statement, identity.sign(DOMAIN + signed).signature]))

