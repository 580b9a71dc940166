"""One encrypted session, without sockets (Specs/Session.md): bytes in, events and bytes out.

Events are ("established", hello), ("message", channel, bytes) and ("ended", reason)."""
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from cryptography.exceptions import InvalidTag

from encoding import Refused, decode, encode
from noise import Handshake, HandshakeFailed, mac, next_key, open_sealed, seal

MAGIC, KEY_HINT, SESSION_KEY = b"DATANET", b"datanet key hint", b"datanet session key\0"
CONTROL, CLAIMS, REQUESTS, CHUNKS = range(4)
LONGEST = [4 << 10, (1 << 20) + (4 << 10), 256 << 10, (1 << 20) + (4 << 10)]
WINDOW = [0, 4 << 20, 512 << 10, 8 << 20]
FRAMES_PER_KEY = 65_536
LONGEST_PAYLOAD = 65_535 - 16 - 2
GOODBYES = ["done", "shutting down", "too many peers", "protocol error", "banned",
            "duplicate connection", "too slow"]


class Ended(Exception):
    """The session is over; the first word is the end's name on the page."""


class Direction:
    """A direction's key, which changes, and its counter, which goes on."""

    def __init__(self, key):
        self.key, self.counter = key, 0

    def _advance(self):
        self.counter += 1
        if self.counter % FRAMES_PER_KEY == 0:
            self.key = next_key(self.key)

    def seal(self, payload, channel, is_last):
        body = seal(self.key, self.counter, b"", payload + bytes([channel, int(is_last)]))
        self._advance()
        return len(body).to_bytes(2, "big") + body

    def open(self, body):
        try:
            plain = open_sealed(self.key, self.counter, b"", body)
        except InvalidTag as error:
            raise Ended("authentication") from error
        self._advance()
        return plain


def frames(direction, channel, message):
    """A message as frames of the longest size, one behind the other."""
    pieces = [message[at:at + LONGEST_PAYLOAD] for at in range(0, len(message), LONGEST_PAYLOAD)]
    pieces = pieces or [b""]
    return b"".join(direction.seal(piece, channel, index == len(pieces) - 1)
                    for index, piece in enumerate(pieces))


def opening(lowest=1, highest=1, psk=None, ephemeral_public=b""):
    hint = b"" if psk is None else mac(psk, KEY_HINT + ephemeral_public)[:16]
    return MAGIC + bytes([lowest, highest, 0 if psk is None else 1]) + hint


def hello(identity, static_public, addresses=(), agent="", features=0, version=1):
    return encode({
        "a": list(addresses), "f": features, "i": bytes(identity.verify_key), "n": agent,
        "p": identity.sign(SESSION_KEY + static_public).signature, "v": version})


def read_hello(data, static, version, own, expected):
    """The hello of the other side, whose static key the handshake has proven."""
    try:
        value = decode(data, 2048)
        good = (isinstance(value, dict) and sorted(value) == ["a", "f", "i", "n", "p", "v"]
                and isinstance(value["a"], list) and len(value["a"]) <= 16
                and all(isinstance(a, str) and len(a.encode()) <= 64 for a in value["a"])
                and type(value["f"]) is int and 0 <= value["f"] < 2**64
                and isinstance(value["i"], bytes) and len(value["i"]) == 32
                and isinstance(value["n"], str) and len(value["n"].encode()) <= 64
                and isinstance(value["p"], bytes) and len(value["p"]) == 64
                and value["v"] == version)
    except Refused:
        good = False
    if not good:
        raise Ended("hello")
    try:
        VerifyKey(value["i"]).verify(SESSION_KEY + static, value["p"])
    except BadSignatureError as error:
        raise Ended("identityProof") from error
    if value["i"] == own:
        raise Ended("ownIdentity")
    if expected is not None and value["i"] != expected:
        raise Ended("wrongIdentity")
    return value


class Session:
    """`identity` is a nacl SigningKey, `static` and `ephemeral` are KeyPairs. A dialler may give a
    `psk`; a listener gives `keys`, those of the private Datanets that it holds."""

    def __init__(self, is_dialler, identity, static, ephemeral, psk=None, keys=(), expected=None,
                 addresses=(), agent="", versions=(1, 1), features=0):
        self.is_dialler, self.identity, self.static, self.ephemeral = (
            is_dialler, identity, static, ephemeral)
        self.keys, self.expected, self.versions = keys, expected, versions
        self.about = {"addresses": addresses, "agent": agent, "features": features}
        self.own = bytes(identity.verify_key)
        self.version = self.binding = self.their_hello = self.end = None
        self.out, self.buffer, self.parts = bytearray(), bytearray(), [bytearray() for _ in WINDOW]
        self.credit, self.granted, self.owed = list(WINDOW), list(WINDOW), [0] * 4
        self.queues = [[] for _ in WINDOW]
        self.state = "answer" if is_dialler else "opening"
        if is_dialler:
            first = opening(*versions, psk, ephemeral.public)
            self.noise = Handshake(True, static, ephemeral, first, psk)
            self.out += first + self._framed(self.noise.write())

    @staticmethod
    def _framed(message):
        return len(message).to_bytes(2, "big") + message

    def _hello(self):
        return hello(self.identity, self.static.public, version=self.version, **self.about)

    def feed(self, data):
        """What the bytes mean."""
        self.buffer += data
        events = []
        try:
            while self.end is None and (step := getattr(self, "_" + self.state)()) is not None:
                events += step
        except Ended as error:
            self.finish(str(error), goodbye=None if str(error).startswith("goodbye") else 3)
            events.append(("ended", str(error)))
        except HandshakeFailed as error:
            self.end = f"handshake {error}"
            events.append(("ended", self.end))
        return events

    def finish(self, reason, goodbye=0):
        if self.state == "open" and self.end is None and goodbye is not None:
            self.out += frames(self.sending, CONTROL, encode([0, goodbye]))
        self.end = reason

    def _take(self, count):
        if len(self.buffer) < count:
            return None
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def _opening(self):
        if not MAGIC.startswith(self.buffer[:7]):
            raise Ended("notDatanet")
        if len(self.buffer) < 10:
            return None
        lowest, highest, mode = self.buffer[7:10]
        version = min(highest, self.versions[1])
        if lowest > highest or mode > 1:
            raise Ended("notDatanet")
        if version < max(lowest, self.versions[0]):
            self.out += bytes([1, *self.versions])
            raise Ended("version")
        length = 10 + 16 * mode
        if len(self.buffer) < length + 2 + 32:
            return None
        first = self._take(length)
        psk = None
        if mode == 1:  # the hint is over the key that begins the first message
            ephemeral = bytes(self.buffer[2:34])
            psk = next((key for key in self.keys
                        if mac(key, KEY_HINT + ephemeral)[:16] == first[10:]), bytes(32))
        self.version = version
        self.noise = Handshake(False, self.static, self.ephemeral, first, psk)
        self.out += bytes([0, version])
        self.state = "handshake"
        return []

    def _answer(self):
        if not self.buffer:
            return None
        if self.buffer[0] == 0:
            if (taken := self._take(2)) is None:
                return None
            if not self.versions[0] <= taken[1] <= self.versions[1]:
                raise Ended("version")
            self.version, self.state = taken[1], "handshake"
            return []
        if self.buffer[0] != 1:
            raise Ended("notDatanet")
        if (taken := self._take(3)) is None:
            return None
        raise Ended(f"version: the other side speaks {taken[1]} to {taken[2]}")

    def _handshake(self):
        if len(self.buffer) < 2:
            return None
        length = int.from_bytes(self.buffer[:2], "big")
        if length > 4224:
            raise Ended("frameLength")
        if len(self.buffer) < 2 + length:
            return None
        payload = self.noise.read(self._take(2 + length)[2:])
        if self.noise.step == 1:
            self.out += self._framed(self.noise.write(self._hello()))
            return []
        their = read_hello(
            payload, self.noise.their_static, self.version, self.own, self.expected)
        if self.is_dialler:
            self.out += self._framed(self.noise.write(self._hello()))
        first, second, self.binding = self.noise.split()
        ours, theirs = (first, second) if self.is_dialler else (second, first)
        self.sending, self.receiving = Direction(ours), Direction(theirs)
        self.their_hello, self.state = their, "open"
        return [("established", their)]

    def _open(self):
        if len(self.buffer) < 2:
            return None
        length = int.from_bytes(self.buffer[:2], "big")
        if length < 18:
            raise Ended("frameLength")
        if len(self.buffer) < 2 + length:
            return None
        plain = self.receiving.open(self._take(2 + length)[2:])
        payload, channel, flags = plain[:-2], plain[-2], plain[-1]
        part = self.parts[channel] if channel < 4 else None
        if part is None or flags > 1 or (not payload and (flags == 0 or part)):
            raise Ended("trailer")
        if len(part) + len(payload) > LONGEST[channel]:
            raise Ended("messageLength")
        if channel != CONTROL:
            self.granted[channel] -= max(1, len(payload))
            if self.granted[channel] < 0:
                raise Ended("credit")
            self.owed[channel] += max(1, len(payload))
            self._grant(channel)
        part += payload
        if not flags:
            return []
        message, self.parts[channel] = bytes(part), bytearray()
        return self._control(message) if channel == CONTROL else [("message", channel, message)]

    def _grant(self, channel):
        if self.owed[channel] >= WINDOW[channel] // 2:
            self.send(CONTROL, encode([1, channel, self.owed[channel]]))
            self.granted[channel] += self.owed[channel]
            self.owed[channel] = 0

    def _control(self, message):
        try:
            value = decode(message, LONGEST[CONTROL])
        except Refused as error:
            raise Ended("control") from error
        if not isinstance(value, list) or not value or type(value[0]) is not int:
            raise Ended("control")
        numbers = [n for n in value if type(n) is int and n >= 0]
        if value[0] >= 16:
            return [("message", CONTROL, message)]
        if len(numbers) != len(value) or len(value) != {0: 2, 1: 3, 2: 2, 3: 2}.get(value[0]):
            raise Ended("control")
        if value[0] == 0:
            said = GOODBYES[value[1]] if value[1] < len(GOODBYES) else "unknown"
            raise Ended(f"goodbye: {said}")
        if value[0] == 1:
            if value[1] not in (1, 2, 3) or not 1 <= value[2] <= 16 << 20:
                raise Ended("control")
            self.credit[value[1]] += value[2]
            if self.credit[value[1]] > 32 << 20:
                raise Ended("control")
            self._seal()
        if value[0] == 2:
            self.send(CONTROL, encode([3, value[1]]))
        return []

    def send(self, channel, message):
        assert len(message) <= LONGEST[channel]
        pieces = [message[at:at + LONGEST_PAYLOAD]
                  for at in range(0, len(message), LONGEST_PAYLOAD)] or [b""]
        self.queues[channel] += [(p, n == len(pieces) - 1) for n, p in enumerate(pieces)]
        self._seal()

    def _seal(self):
        """Seals what has credit, the most urgent channel first."""
        for channel, queue in enumerate(self.queues):
            while queue and (channel == CONTROL or self.credit[channel] >= max(1, len(queue[0][0]))):
                piece, is_last = queue.pop(0)
                if channel != CONTROL:
                    self.credit[channel] -= max(1, len(piece))
                self.out += self.sending.seal(piece, channel, is_last)
