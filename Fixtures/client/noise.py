"""Noise_XX_25519_ChaChaPoly_SHA256 and its psk3 form (noiseprotocol.org, revision 34), as
Specs/Session.md uses them."""
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

REKEY_NONCE = 2**64 - 1


class HandshakeFailed(Exception):
    """A handshake message that is none: length, key or authentication."""


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def nonce(counter):
    return bytes(4) + counter.to_bytes(8, "little")


def seal(key, counter, associated, data):
    return ChaCha20Poly1305(key).encrypt(nonce(counter), data, associated)


def open_sealed(key, counter, associated, data):
    return ChaCha20Poly1305(key).decrypt(nonce(counter), data, associated)


def next_key(key):
    """REKEY: what a direction's key becomes after each 65,536 frames."""
    return seal(key, REKEY_NONCE, b"", bytes(32))[:32]


class KeyPair:
    def __init__(self, secret):
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def shared(self, public):
        try:
            return self._private.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError as error:
            raise HandshakeFailed("key") from error


class Handshake:
    """One side of the three messages; `psk` (32 bytes) makes it XXpsk3."""

    PATTERN = [["e"], ["e", "ee", "s", "es"], ["s", "se"]]

    def __init__(self, is_initiator, static, ephemeral, prologue, psk=None):
        self.is_initiator, self.static, self.ephemeral = is_initiator, static, ephemeral
        self.psk, self.has_psk = psk, psk is not None
        name = b"Noise_XXpsk3_25519_ChaChaPoly_SHA256" if self.has_psk \
            else b"Noise_XX_25519_ChaChaPoly_SHA256"
        self.hash = name if len(name) == 32 else (
            name + bytes(32 - len(name)) if len(name) < 32 else hashlib.sha256(name).digest())
        self.chain, self.key, self.counter, self.step = self.hash, None, 0, 0
        self.their_static = self.their_ephemeral = None
        self._mix_hash(prologue)

    def _mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def _derive(self, data, count):
        temporary, out, last = mac(self.chain, data), [], b""
        for index in range(1, count + 1):
            last = mac(temporary, last + bytes([index]))
            out.append(last)
        return out

    def _mix_key(self, data):
        self.chain, self.key = self._derive(data, 2)
        self.counter = 0

    def _mix_key_and_hash(self, data):
        self.chain, temporary, self.key = self._derive(data, 3)
        self._mix_hash(temporary)
        self.counter = 0

    def _encrypt(self, data):
        if self.key is not None:
            data = seal(self.key, self.counter, self.hash, data)
            self.counter += 1
        self._mix_hash(data)
        return data

    def _decrypt(self, data):
        plain = data
        if self.key is not None:
            try:
                plain = open_sealed(self.key, self.counter, self.hash, data)
            except InvalidTag as error:
                raise HandshakeFailed("authentication") from error
            self.counter += 1
        self._mix_hash(data)
        return plain

    def _agree(self, token):
        """`ee`, `es`, `se`: the first letter is the initiator's key, the second the responder's."""
        mine, theirs = token if self.is_initiator else token[::-1]
        pair = self.ephemeral if mine == "e" else self.static
        self._mix_key(pair.shared(self.their_ephemeral if theirs == "e" else self.their_static))

    def write(self, payload=b""):
        out = b""
        for token in self.PATTERN[self.step]:
            if token == "e":
                out += self.ephemeral.public
                self._mix_hash(self.ephemeral.public)
                if self.has_psk:
                    self._mix_key(self.ephemeral.public)
            elif token == "s":
                out += self._encrypt(self.static.public)
            else:
                self._agree(token)
        if self.has_psk and self.step == 2:
            self._mix_key_and_hash(self.psk)
        self.step += 1
        return out + self._encrypt(payload)

    def read(self, message):
        for token in self.PATTERN[self.step]:
            if len(token) == 1:
                length = 32 + (16 if token == "s" and self.key is not None else 0)
                if len(message) < length:
                    raise HandshakeFailed("length")
                part, message = message[:length], message[length:]
                if token == "e":
                    self.their_ephemeral = part
                    self._mix_hash(part)
                    if self.has_psk:
                        self._mix_key(part)
                else:
                    self.their_static = self._decrypt(part)
            else:
                self._agree(token)
        if self.has_psk and self.step == 2:
            self._mix_key_and_hash(self.psk)
        if self.key is not None and len(message) < 16:
            raise HandshakeFailed("length")
        self.step += 1
        return self._decrypt(message)

    def split(self):
        """The initiator's sending key, then the responder's; and the channel binding."""
        first, second = self._derive(b"", 2)
        return first, second, self.hash
