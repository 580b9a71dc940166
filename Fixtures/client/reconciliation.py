"""One round of reconciliation, both sides of it (Specs/Reconciliation.md)."""
from encoding import Reader, Refused, varint
from noise import mac
from sketch import SYMBOL_BYTES, Symbols, siphash

SUMMARY, SAME, SKETCH, ASK, BUCKETS, LISTS, STATES = range(7)
LEVELS = [1024, 512, 512]
GREATEST_BITS, GREATEST_SYMBOLS = 17, 16_384
WORD = 2**64


def words(data):
    """The data as 64-bit words, read big-endian; SipHash takes them as little-endian ones."""
    return [int.from_bytes(data[at:at + 8], "big") for at in range(0, len(data), 8)]


def pack_twelve(numbers):
    out = bytearray()
    for first, second in zip(numbers[::2], list(numbers[1::2]) + [0] * (len(numbers) % 2)):
        out += (first << 12 | second).to_bytes(3, "big")
    return bytes(out[:(len(numbers) * 12 + 7) // 8])


def unpack_twelve(data, count):
    if len(data) != (count * 12 + 7) // 8:
        raise Refused("fingerprints")
    padded = data + bytes(1)
    both = [int.from_bytes(padded[at:at + 3], "big") for at in range(0, len(data), 3)]
    return [half for pair in both for half in (pair >> 12, pair & 0xFFF)][:count]


def pack_states(states):
    out, last = bytearray(), 0
    for tag, count, fingerprint in sorted(states):
        step, last = tag - last, tag
        out += step.to_bytes(3, "big") if step < 0xFFFFFF else b"\xff" * 3 + step.to_bytes(4, "big")
        out += varint(count) + fingerprint.to_bytes(2, "big")
    return bytes(out)


def unpack_states(data):
    reader, states, tag = Reader(data), [], 0
    while reader:
        step = reader.number(3)
        tag += reader.number(4) if step == 0xFFFFFF else step
        states.append((tag, reader.varint(), reader.number(2)))
    return states


def pack_numbers(numbers):
    out, last = b"", 0
    for number in numbers:
        out, last = out + varint(number - last), number
    return out


class Round:
    """What one side computes of its frontier, under the keys of one round."""

    def __init__(self, binding, genesis, number, frontier):
        """`frontier` is a list of (author, count, head) as announced."""
        secret = mac(binding, b"datanet reconciliation" + genesis + number.to_bytes(4, "big"))
        self.author_key, self.state_key = mac(secret, b"author")[:16], mac(secret, b"state")[:16]
        self.salt = int.from_bytes(mac(secret, b"sketch")[:8], "big")
        self.authors, self.by_tag = [], {}
        for author, count, head in frontier:
            place = siphash(self.author_key, words(author))
            entry = (place, self.state(place, count, head), count, author)
            self.authors.append(entry)
            self.by_tag[place >> 32] = entry
        self.authors.sort()

    def state(self, place, count, head):
        return siphash(self.state_key, [place, count, *words(head[:16])])

    def fingerprint(self, place, count, head):
        return self.state(place, count, head) >> 48

    @staticmethod
    def element(entry):
        place, state, count, _ = entry
        return place >> 32, count, state >> 48

    def elements(self):
        return [self.element(entry) for entry in self.authors]

    def bucket(self, bits, number):
        return [e for e in self.authors if e[0] >> 64 - bits == number]

    def buckets(self, bits):
        """The fingerprint of every bucket."""
        sums = [0] * (1 << bits)
        for place, state, _, _ in self.authors:
            sums[place >> 64 - bits] += state
        return [s % WORD >> 52 for s in sums]

    def estimate(self):
        out = b""
        for level, size in enumerate(LEVELS):
            row = bytearray(size // 8)
            for _, state, _, _ in self.authors:
                if state & (1 << 4 * level) - 1 == 0:
                    bit = (state >> 16) % size
                    row[bit // 8] ^= 1 << bit % 8
            out += bytes(row)
        return out

    # --- The messages ---------------------------------------------------------------------------

    def summary(self):
        total = sum(state for _, state, _, _ in self.authors) % WORD
        return [SUMMARY, len(self.authors), total.to_bytes(8, "big"), self.estimate()]

    def answer_summary(self, message):
        """What costs least, by the estimate of how much differs."""
        _, authors, total, theirs = message
        if [authors, total] == self.summary()[1:3]:
            return [SAME]
        elements = self.distance(theirs)
        symbols, most = elements * 3 // 2 + 24, max(authors, len(self.authors))
        bits = self.best_bits(most, elements)
        lists = self.buckets_cost(bits, most, elements) + 4 * elements
        if SYMBOL_BYTES * symbols <= lists and symbols <= GREATEST_SYMBOLS:
            return self.sketch(symbols)
        return self.buckets_message(bits)

    def distance(self, theirs):
        """How many elements differ, from the odd bits of the first level that is not too full."""
        own, at = self.estimate(), 0
        for level, size in enumerate(LEVELS):
            stretch = slice(at, at + size // 8)
            odd = sum((a ^ b).bit_count() for a, b in zip(own[stretch], theirs[stretch]))
            at += size // 8
            if odd * 8 <= size * 3 or level == len(LEVELS) - 1:
                return max(1, self.toggles(min(odd, size * 15 // 32), size) << 4 * level)

    @staticmethod
    def toggles(odd, size):
        """How many chance toggles of so many bits leave so many odd."""
        expected, count = 0.0, 0
        while expected < odd:
            expected += 1 - 2 * expected / size
            count += 1
        return count

    @staticmethod
    def buckets_cost(bits, authors, elements):
        buckets, chains = 1 << bits, max(elements // 2, 1)
        touched = buckets - int(buckets * (1 - 1 / buckets) ** chains)
        listed = touched * authors // buckets + min(chains, authors)
        return buckets * 3 // 2 + 4 * touched + 2 * listed

    def best_bits(self, authors, elements):
        return min(range(4, GREATEST_BITS + 1),
                   key=lambda bits: self.buckets_cost(bits, authors, elements))

    def sketch(self, length):
        symbols = Symbols(length, self.salt)
        for element in self.elements():
            symbols.add(element)
        return [SKETCH, symbols.packed()]

    def buckets_message(self, bits):
        return [BUCKETS, bits, pack_twelve(self.buckets(bits))]

    def lists(self, bits, fingerprints):
        """What stands in the buckets that differ."""
        out, last = b"", 0
        theirs = unpack_twelve(fingerprints, 1 << bits)
        for number, own in enumerate(self.buckets(bits)):
            if own == theirs[number]:
                continue
            entries, mark = self.bucket(bits, number), 0
            for place, *_ in entries:
                mark ^= place >> 24 & 0xFF
            out += varint(number - last) + bytes([mark]) + varint(len(entries))
            out += b"".join((state >> 48).to_bytes(2, "big") for _, state, _, _ in entries)
            last = number
        return [LISTS, bits, out]

    def answer_lists(self, bits, data):
        """The states that differ; of buckets that hold other authors, all: these are `whole`."""
        reader, number, states, whole = Reader(data), 0, [], []
        while reader:
            number += reader.varint()
            mark, count = reader.number(1), reader.varint()
            theirs = [reader.number(2) for _ in range(count)]
            entries = self.bucket(bits, number)
            for place, *_ in entries:
                mark ^= place >> 24 & 0xFF
            if mark == 0 and len(entries) == count:
                states += [self.element(e) for e, t in zip(entries, theirs) if e[1] >> 48 != t]
            else:
                states += [self.element(e) for e in entries]
                whole.append(number)
        return [STATES, pack_states(states), True, bits, pack_numbers(whole)]

    # --- What follows ---------------------------------------------------------------------------

    def differing(self, message):
        """Of a sketch or an answer: (their states, authors who are unknown to them), or None."""
        if message[0] == SKETCH:
            peeled = Symbols.unpacked(message[1], self.salt).peel(self.elements())
            if peeled is None:
                return None
            theirs, mine = peeled
            named = {tag for tag, _, _ in theirs}
            return theirs, [self.by_tag[tag][3] for tag, _, _ in mine if tag not in named]
        theirs, unknown, number = unpack_states(message[1]), [], 0
        named, reader = {tag for tag, _, _ in theirs}, Reader(message[4])
        while reader:
            number += reader.varint()
            unknown += [e[3] for e in self.bucket(message[3], number) if e[0] >> 32 not in named]
        return theirs, unknown

    def wants(self, theirs):
        """The message that names what is missing here."""
        states = []
        for tag, count, fingerprint in theirs:
            own = self.by_tag.get(tag)
            if own is None:
                states.append((tag, 0, 0))
            elif own[2] <= count and self.element(own) != (tag, count, fingerprint):
                states.append(self.element(own))
        return [STATES, pack_states(states), False, 0, b""]

    def behind(self, theirs):
        """(author, place, their count and fingerprint) of whom they may lack claims."""
        return [(self.by_tag[tag][3], self.by_tag[tag][0], count, fingerprint)
                for tag, count, fingerprint in theirs
                if tag in self.by_tag and self.by_tag[tag][2] >= count
                and self.element(self.by_tag[tag]) != (tag, count, fingerprint)]


def claims_for(chain, round_, place, count, fingerprint):
    """The claims that a peer with this state lacks: the proof of a fork before any others."""
    proof = chain.proof() if chain.fork != 2**64 - 1 else []
    counting, start = chain.counting(), count
    if 0 < count <= len(counting) and round_.fingerprint(
            place, count, counting[count - 1].digest) != fingerprint:
        start = count - 1
    return proof + counting[start:]
