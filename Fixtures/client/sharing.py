"""One connection: a socket, its session, and the Datanets opened on it (Specs/Sharing.md)."""
import os
import socket

from encoding import DAG_CBOR, Refused, address, decode, encode
from noise import KeyPair, mac
from session import CLAIMS, CONTROL, REQUESTS, Session

OVERLAY, BROADCAST, RECONCILIATION, EXCHANGE, WIRE_CLAIMS = range(5)
OPEN, OPENED, CLOSE = 16, 17, 18


def secret(genesis, key=None):
    cid = address(DAG_CBOR, genesis)
    if key is None:
        return mac(genesis, b"datanet public" + cid)
    return mac(key, b"datanet private" + cid)


def proof(genesis, key, is_dialler, binding):
    return mac(secret(genesis, key), bytes([int(is_dialler)]) + binding)


class Link:
    """Events of `pump` are the session's, and ("opened", genesis), ("refused", genesis) and
    ("datanet", genesis, protocol, round, message)."""

    def __init__(self, connection, is_dialler, identity, keys_of, **settings):
        self.socket, self.is_dialler, self.keys_of = connection, is_dialler, keys_of
        self.socket.setblocking(False)
        fresh = [KeyPair(os.urandom(32)) for _ in range(2)]
        self.session = Session(is_dialler, identity, *fresh, agent="datanet-client", **settings)
        self.next_handle = 0 if is_dialler else 1
        self.asked, self.handles, self.open = {}, {}, {}
        self.received = self.sent = 0

    @classmethod
    def dial(cls, host, port, *rest, **settings):
        return cls(socket.create_connection((host, port), timeout=10), True, *rest, **settings)

    @property
    def end(self):
        return self.session.end

    def ask(self, genesis):
        """Opens a Datanet, once the session stands."""
        handle, self.next_handle = self.next_handle, self.next_handle + 2
        self.asked[handle] = genesis
        ours = proof(genesis, self.keys_of()[genesis], self.is_dialler, self.session.binding)
        self.session.send(CONTROL, encode([OPEN, handle, ours]))

    def tell(self, genesis, protocol, message, round_=0):
        """A message of an open Datanet."""
        channel = REQUESTS if protocol == EXCHANGE else CLAIMS
        self.session.send(channel, encode([self.open[genesis], protocol, round_, message]))

    def flush(self):
        """Writes what the system takes."""
        while self.session.out:
            try:
                count = self.socket.send(self.session.out)
            except BlockingIOError:
                return
            except OSError:
                self.session.end = self.session.end or "cut"
                self.session.out.clear()
                return
            self.sent += count
            del self.session.out[:count]

    def pump(self):
        """Reads what is there."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.session.end = self.session.end or "cut"
            return [("ended", self.session.end)]
        self.received += len(data)
        events = []
        for event in self.session.feed(data):
            if event[0] != "message":
                events.append(event)
            elif event[1] == CONTROL:
                events += self._control(decode(event[2]))
            elif event[1] in (CLAIMS, REQUESTS):
                events += self._message(decode(event[2], 1 << 21))
            else:
                events.append(event)
        return events

    def _message(self, value):
        if not (isinstance(value, list) and len(value) == 4 and isinstance(value[3], list)):
            raise Refused("a message of a Datanet")
        genesis = self.handles.get(value[0])
        if genesis is None:  # closed meanwhile, or never open
            return []
        return [("datanet", genesis, value[1], value[2], value[3])]

    def _is_known(self, claimed, key):
        for genesis in self.keys_of():
            if proof(genesis, key(genesis), not self.is_dialler, self.session.binding) == claimed:
                return genesis
        return None

    def _stays(self, genesis, handle):
        """When both asked, the dialler's handle is spoken with, and both are understood."""
        self.handles[handle] = genesis
        before = self.open.get(genesis)
        if before is None or before % 2:
            self.open[genesis] = handle
        return [("opened", genesis)] if before is None else []

    def _control(self, value):
        kind, handle = value[0], value[1]
        if kind == OPEN:
            genesis = self._is_known(value[2], lambda g: self.keys_of()[g])
            answer = genesis and proof(
                genesis, self.keys_of()[genesis], self.is_dialler, self.session.binding)
            self.session.send(CONTROL, encode([OPENED, handle, answer]))
            return self._stays(genesis, handle) if genesis else []
        if kind == OPENED and handle in self.asked:
            genesis = self.asked.pop(handle)
            if value[2] is None:
                return [("refused", genesis)]
            if self._is_known(value[2], lambda g: self.keys_of()[g]) != genesis:
                raise Refused("proof")
            return self._stays(genesis, handle)
        if kind == CLOSE:
            genesis = self.handles.pop(handle, None)
            if genesis and self.open.get(genesis) == handle:
                del self.open[genesis]
        return []
