"""Have-maps, blocks and manifests (Specs/Exchange.md, Manifests.md)."""
import zstandard

from encoding import DAG_CBOR, RAW, Reader, Refused, decode, digest_of, encode, link, sha256, varint

HAVE, REQUEST, CANCEL, REFUSE, SLOT, INTEREST, SEEK, PIECES = range(8)
PLAIN, PACKED, PART, PACKED_PART = range(4)
LONGEST_BLOCK = 1 << 20
PLACES_OF_A_MAP = 1 << 17


def digests(data):
    if len(data) % 32 or len(data) > 32 * 1024:
        raise Refused("digests")
    return [data[at:at + 32] for at in range(0, len(data), 32)]


def runs(present, start=0):
    """The have-map of the places from `start` on; `present` is a list of booleans."""
    out, is_here, length = b"", False, 0
    for here in present[start:start + PLACES_OF_A_MAP]:
        if here != is_here:
            out, is_here, length = out + varint(length), here, 0
        length += 1
    return out + varint(length) if is_here else out


def read_runs(data, start):
    """The places that a have-map names."""
    reader, at, is_here, places = Reader(data), start, False, []
    while reader:
        length = reader.varint()
        if at + length > start + PLACES_OF_A_MAP or (length == 0 and (is_here or at > start)):
            raise Refused("runs")
        places += range(at, at + length) if is_here else []
        at, is_here = at + length, not is_here
    return places


def block_message(digest, block, ranges=None, packs=False):
    """A block, or pieces of it, packed or not."""
    plain = block if ranges is None else b"".join(block[o:o + n] for o, n in ranges)
    body = zstandard.ZstdCompressor(level=1).compress(plain) if packs else plain
    form = (PLAIN if ranges is None else PART) + int(packs)
    return digest + bytes([form]) + len(plain).to_bytes(4, "big") + body


def read_block(message):
    """(digest, form, the plain bytes), never longer than the message says."""
    reader = Reader(message)
    digest, form, length = reader.take(32), reader.number(1), reader.number(4)
    if form > PACKED_PART or length > LONGEST_BLOCK:
        raise Refused("block")
    body = message[37:]
    if form in (PACKED, PACKED_PART):
        try:
            body = zstandard.ZstdDecompressor().decompress(
                body, max_output_size=length, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise Refused("zstd") from error
    if len(body) != length:
        raise Refused("length")
    return digest, form, body


def ranges(pairs):
    """Pieces of a block, as (offset, length) in order."""
    out, end = b"", 0
    for offset, length in pairs:
        out, end = out + varint(offset - end) + varint(length), offset + length
    return out


def read_ranges(data):
    reader, end, pairs = Reader(data), 0, []
    while reader:
        offset = end + reader.varint()
        end = offset + reader.varint()
        pairs.append((offset, end - offset))
    return pairs


class Manifest:
    """The trees below a root, as far as their blocks are in `blocks` (digest → bytes)."""

    def __init__(self, root, blocks):
        self.blocks, self.missing, self.files, self.chunks = blocks, [], [], []
        self.nodes = [root]
        if (top := self._node(root)) is None:
            return
        if set(top) != {"kind", "bytes", "files", "chunks", "records", "version", "unparsed"} \
                or top["kind"] != "manifest" or top["version"] != 1:
            raise Refused("manifest: shape or version")
        self.bytes, self.records = top["bytes"], top["records"]
        self._walk(top["files"], "files", self.files, 0)
        self._walk(top["chunks"], "chunks", self.chunks, 0)
        if not self.missing and not (
                sum(f[3] for f in self.files) == sum(c[1] for c in self.chunks) == self.bytes
                and sum(f[4] for f in self.files) == sum(c[2] for c in self.chunks) == self.records):
            raise Refused("manifest: sum")

    def _node(self, digest):
        if digest not in self.blocks:
            self.missing.append(digest)
            return None
        return decode(self.blocks[digest])

    def _walk(self, node, leaf, into, depth):
        if depth > 8:
            raise Refused("manifest: depth")
        if leaf in node:
            into += node[leaf]
            if leaf == "chunks" and "outline" in node:
                self.nodes.append(outline := digest_of(node["outline"], DAG_CBOR))
                self._node(outline)
            return
        for entry in node["nodes"]:
            self.nodes.append(digest := digest_of(entry[0], DAG_CBOR))
            if (below := self._node(digest)) is not None:
                self._walk(below, leaf, into, depth + 1)

    def places(self):
        """The chunks in stream order, each address once, at its first place."""
        return list(dict.fromkeys(digest_of(chunk[0], RAW) for chunk in self.chunks))

    def contents(self):
        """(path, bytes) of every file, from verified chunks."""
        stream = b"".join(self.blocks[digest_of(chunk[0], RAW)] for chunk in self.chunks)
        at = 0
        for path, _, _, length, _, _ in self.files:
            yield path, stream[at:at + length]
            at += length


def small_contribution(path, text, records):
    """The blocks of one JSONL file of less than a segment: a root and one chunk."""
    assert len(text) < 256, "a longer one may have an outline"
    chunk = sha256(text)
    root = encode({
        "kind": "manifest", "version": 1, "bytes": len(text), "records": records, "unparsed": 0,
        "files": {"files": [[path, "jsonl", None, len(text), records, 0]]},
        "chunks": {"chunks": [[link(RAW, chunk), len(text), records]]}})
    return sha256(root), {sha256(root): root, chunk: text}
