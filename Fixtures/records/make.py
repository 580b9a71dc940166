#!/usr/bin/env python3
"""Makes the fixtures beside it: an implementation of Specs/Records.md and Specs/Duplicates.md that
shares no code with the program. Standard library only.

  example.jsonl      the worked example of Specs/Records.md
  scans.jsonl        files (base64) with their format and spans, by the rules of the page
  signatures.jsonl   texts with exact form, tokens and signature
  segment.hex        the segment of those texts

The same files come out every time; a difference is a change of the specifications.
"""
import base64, csv, hashlib, io, json, math, os, random, re, struct, unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
BLANK = b" \t\r"


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


# Scanning

def read_json(line):
    """The document, with objects as lists of pairs; raises ValueError for what RFC 8259 refuses."""
    text = line.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("byte order mark")

    def number(text):
        value = float(text)
        if math.isinf(value):
            raise ValueError("range")
        return value

    def constant(name):
        raise ValueError(name)

    value = json.loads(text, object_pairs_hook=Pairs, parse_float=number, parse_constant=constant,
                       parse_int=lambda digits: number(digits))
    check_surrogates(value)
    return value


class Pairs(list):
    pass


def check_surrogates(value):
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, Pairs):
        for key, inner in value:
            check_surrogates(key)
            check_surrogates(inner)
    elif isinstance(value, list):
        for inner in value:
            check_surrogates(inner)


KEYS = ["text", "prompt", "completion", "messages", "instruction", "input", "output", "conversations"]


def shape(line):
    """The name of the shape; None for a record that does not parse."""
    try:
        value = read_json(line)
    except (ValueError, UnicodeError):
        return None
    if not isinstance(value, Pairs):
        return "other"
    if any(sum(key == wanted for key, _ in value) > 1 for wanted in KEYS):
        return None
    members = dict(value)

    def is_list(value):
        return isinstance(value, list) and not isinstance(value, Pairs)

    for name, role, content in (("messages", "role", "content"), ("conversations", "from", "value")):
        if is_list(members.get(name)):
            turns = members[name]
            if not turns:
                return None
            for turn in turns:
                if not isinstance(turn, Pairs):
                    return None
                told = [key for key, _ in turn if key in ("role", "content", "from", "value", "tool_calls")]
                if len(told) != len(set(told)):
                    return None
                turn = dict(turn)
                if not isinstance(turn.get(role), str):
                    return None
                value = turn.get(content)
                if isinstance(value, str):
                    continue
                if name == "messages" and is_list(value):
                    continue
                if name == "messages" and value is None and is_list(turn.get("tool_calls")):
                    continue
                return None
            return name
    strings = {key for key, value in value if isinstance(value, str)}
    if {"instruction", "output"} <= strings:
        return "instruction"
    if {"prompt", "completion"} <= strings:
        return "prompt/completion"
    return "text" if "text" in strings else "other"


def lines(data):
    """(start, end of content, end) of each line."""
    at = 0
    while at < len(data):
        feed = data.find(b"\n", at)
        end = len(data) if feed < 0 else feed + 1
        stop = end if feed < 0 else feed
        start = at
        if at == 0 and data[:3] == b"\xef\xbb\xbf":
            start = 3
        if stop > start and data[stop - 1] == 0x0D:
            stop -= 1
        yield start, stop, end
        at = end


def is_blank(line):
    return not line.strip(BLANK)


def is_text(data):
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


HEADING = re.compile(rb" {0,3}#{1,6}([ \t\r]|$)")
OPENING = re.compile(rb" {0,3}(`{3,}|~{3,})(.*)", re.S)


def scan(data, format):
    if format == "jsonl":
        return [[start, stop, end, shape(data[start:stop])]
                for start, stop, end in lines(data) if not is_blank(data[start:stop])]
    if format == "json-array":
        return scan_array(data)
    if format.startswith("csv"):
        return scan_csv(data, format)
    spans, record, fence = [], None, None
    several = format != "text-lines"

    def close():
        nonlocal record, fence
        if record:
            start, stop, end, parts = record
            spans.append([start, stop, end, "text" if all(map(is_text, parts)) else None])
        record, fence = None, None

    for start, stop, end in lines(data):
        line = data[start:stop]
        fenced = fence is not None
        if format.startswith("markdown"):
            mark = OPENING.match(line)
            if mark and fence is None and not (mark[1][:1] == b"`" and b"`" in mark[2]):
                fence = mark[1]
            elif mark and fence and mark[1][:1] == fence[:1] and len(mark[1]) >= len(fence) \
                    and is_blank(mark[2]):
                fence = None
        if is_blank(line):
            if format != "markdown-sections" and not fenced:
                close()
            continue
        if format == "markdown-sections" and not fenced and fence is None and HEADING.match(line):
            close()
        if format == "text-lines":
            close()
        if record:
            record = [record[0], stop, end, record[3] + [line]]
        else:
            record = [start, stop, end, [line]]
    close()
    return spans


def scan_array(data):
    space = b" \t\r\n"
    at = 3 if data[:3] == b"\xef\xbb\xbf" else 0
    while at < len(data) and data[at] in space:
        at += 1
    if data[at:at + 1] == b"[":
        at += 1
    spans, behind = [], False
    while True:
        while at < len(data) and data[at] in space:
            at += 1
        if at == len(data):
            return spans
        if not behind and data[at:at + 1] == b"]":
            behind, at = True, at + 1
            continue
        begin, depth, quoted = at, 0, False
        while at < len(data):
            byte = data[at:at + 1]
            if behind:
                pass
            elif quoted:
                if byte == b"\\":
                    at += 1
                quoted = byte != b'"'
            elif depth == 0 and byte in b",]":
                break
            elif byte == b'"':
                quoted = True
            elif byte in b"[{":
                depth += 1
            elif byte in b"]}":
                depth = max(0, depth - 1)
            at += 1
        at = min(at, len(data))
        stop = at if quoted else begin + len(data[begin:at].rstrip(space))
        if data[at:at + 1] == b"," and not behind:
            at += 1
        if stop == begin:
            stop = at
        spans.append([begin, stop, at, None if behind else shape(data[begin:stop])])


def scan_csv(data, format):
    separator = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}[format.split("-")[1]].encode()[0]
    spans, columns, header = [], None, format.endswith("header")
    at, first = 0, True
    while at < len(data):
        begin = at = at + 3 if first and data[:3] == b"\xef\xbb\xbf" else at
        fields, state, broken = 1, "start", False
        while at < len(data):
            byte = data[at]
            if state == "quoted":
                if byte == 0x22:
                    state = "seen"
            elif byte == 0x0A:
                break
            elif byte == separator:
                fields, state = fields + 1, "start"
            elif state == "start":
                state = "quoted" if byte == 0x22 else "plain"
            elif state == "seen":
                if byte == 0x22:
                    state = "quoted"
                elif byte != 0x0D:
                    broken, state = True, "plain"
            at += 1
        broken = broken or state == "quoted"
        stop, end = at, min(at + 1, len(data))
        at = end
        if stop > begin and data[stop - 1] == 0x0D:
            stop -= 1
        row = data[begin:stop]
        is_first, first = first, False
        if is_blank(row):
            continue
        if columns is None:
            columns = fields
            if header and is_first:
                continue
        good = not broken and fields == columns and is_text(row)
        spans.append([begin, stop, end, "text" if good else None])
    return spans


PIECES = {
    "jsonl": [
        '{"text": "a"}\n', '{"text": "é\\n"}\r\n', '{"prompt": "a", "completion": "b"}\n', '{"text": 5}\n',
        '{"messages": [{"role": "user", "content": "a"}]}\n', '{"messages": [{"role": "user"}]}\n',
        '{"messages": []}\n', '{"messages": {}, "text": "a"}\n', '{"messages": [1]}\n',
        '{"messages": [{"role": "a", "tool_calls": []}]}\n', '{"messages": [{"role": "a", "content": null}]}\n',
        '{"messages": [{"role": "a", "role": "b", "content": "c"}]}\n',
        '{"instruction": "a", "output": "b", "text": "c"}\n', '{"instruction": "a", "input": "b"}\n',
        '{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}\n',
        '{"conversations": [{"from": "human", "value": 1}]}\n', '[1, 2]\n', '"a"\n', "null\n", "{\n", "}\n",
        '{"a": 1,}\n', '{"a": 01}\n', '{"a": 1e400}\n', '{"a": 1e5}\n', '{"a": "\\ud800"}\n',
        '{"a": "\\ud83d\\ude00"}\n', '{"text": "a", "text": "b"}\n', '{"b": 1, "b": 2}\n', '{"a": NaN}\n',
        '{"te\\u0078t": "a"}\n', "\n", "  \t\r\n", '{"a": "\t"}\n', "{}", "not json\n", '{"a": "\\x"}\n',
    ],
    "csv": ["a,b\n", '"a\nb",c\r\n', '"a""b",c\n', '"a"b,c\n', "a;b;c\n", "\n", " \r\n", '"', ",", 'a"b,c\n', "é,b\n",
            "a\tb\n", "1,2,3\n", "x|y\n", '"a",\n', "\r"],
    "text": ["one\n", "two\r\n", "\n", " \t\n", "# One\n", "## Two ##\r\n", "####### Seven\n", "#no\n", "   # Three\n",
             "    # Four\n", "```\n", "```sh\n", "````\n", "~~~\n", "``` `x`\n", "é", "#", "text", "~~~~ \n", "#\n"],
}
PIECES["array"] = [
    '{"text": "a"}', ",", ", ", ",\n", "\n", " ", '{"text": "é]\\"}, "}', '{"prompt": "a",\n "completion": "b"}', "]", "[",
    '{"messages": [{"role": "user", "content": "a"}]},', '{"conversations": [{"from": "human", "value": 1}]},', "{", "}",
    '"', "5,", '"a"', "null", ',{"a": [1, 2, {}]}', '{"instruction": "a", "output": "b"},\r\n', '{"a": "\t"},', "\\", "x",
]
FORMATS = {
    "jsonl": ["jsonl"],
    "csv": ["csv-comma-header", "csv-comma-rows", "csv-semicolon-header", "csv-tab-rows", "csv-bar-header"],
    "text": ["text-lines", "text-paragraphs", "markdown-sections", "markdown-paragraphs"],
    "array": ["json-array"],
}


def make_scans():
    rng = random.Random(1)
    rows = []
    for kind, formats in FORMATS.items():
        for number in range(120):
            data = b"".join(rng.choice(PIECES[kind]).encode() for _ in range(rng.randrange(0, 9)))
            if kind == "array" and number % 4:
                data = b"[" + data
            if number % 10 == 1 and (kind != "csv" or data):
                data = b"\xef\xbb\xbf" + data
            if number % 10 == 2 and data:
                place = rng.randrange(len(data))
                data = data[:place] + b"\xff" + data[place + 1:]
            for format in formats:
                rows.append(json.dumps({"format": format, "file": base64.b64encode(data).decode(),
                                        "spans": scan(data, format)}))
    write("scans.jsonl", "\n".join(rows) + "\n")


# Duplicates

MASK = (1 << 64) - 1


def constant(number):
    digest = hashlib.sha256(f"datanet duplicates 2 constant {number}".encode()).digest()
    return int.from_bytes(digest[:8], "little") | 1


C = [constant(number) for number in range(8)]


def mixed(left, right):
    product = left * right
    return (product >> 64) ^ (product & MASK)


def exact_form(text):
    text = unicodedata.normalize("NFC", text)
    return re.sub(f"[{SPACES}]+", " ", text).strip(" ")


SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


def alone(scalar):
    value = ord(scalar)
    return any(low <= value <= high for low, high in (
        (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF),
        (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF)))


def words(text):
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    token, tokens = "", []
    for scalar in text:
        part = unicodedata.category(scalar)[0] in "LMN"
        if token and (not part or alone(scalar)):
            tokens.append(token)
            token = ""
        if part and alone(scalar):
            tokens.append(scalar)
        elif part:
            token += scalar
    return tokens + [token] if token else tokens


def token_hash(token):
    data = token.encode()
    state = C[0]
    for at in range(0, len(data), 16):
        low, high = (int.from_bytes(data[place:place + 8], "little") for place in (at, at + 8))
        state = mixed(state ^ low, C[1] ^ high)
    return state


def turned(word, bits):
    return (word << bits | word >> 64 - bits) & MASK


def shingles(tokens):
    def one(a, b, c):
        return mixed((a + turned(b, 21) + turned(c, 42)) & MASK ^ C[0], C[2])
    if len(tokens) < 3:
        return [one(*(tokens + [0, 0])[:3])] if tokens else []
    return [one(*tokens[at:at + 3]) for at in range(len(tokens) - 2)]


def signature(shingles):
    lanes = bytearray(80)
    for group in range(5):
        bins = [0xFFFFFFFF] * 16
        for shingle in shingles:
            value = mixed(shingle, C[3 + group])
            bins[value >> 60] = min(bins[value >> 60], value & 0xFFFFFFFF)
        for bin in range(16):
            value, other = bins[bin], bin
            if shingles:
                step = (mixed(C[3 + group], C[0]) >> bin * 3 & 7) * 2 + 1
                for _ in range(15):
                    if value != 0xFFFFFFFF:
                        break
                    other = (other + step) % 16
                    value = bins[other]
            lanes[bin * 5 + group] = value & 0xFF
    return bytes(lanes)


TEXTS = [
    "", " ", "...", "one", "One two", "one two three", "The quick brown fox jumps over the lazy dog.",
    "the QUICK  brown\tfox\njumps over the lazy dog", "a bcdefgh ijklmnopq rstuvwxyz0123456789abcdefg abcdefghijklmnop abcdefghijklmnopq ABCDEFGHIJKLMNO x",
    "caf\u00e9 cafe\u0301 CAF\u00c9", "Stra\u00dfe STRASSE \ufb01n \u00b2 \u2460 \uff21\uff22\uff23",
    "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587\u3001\u30c6\u30b9\u30c8\u3002", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\u1112\u1161\u11ab\uae00 \ud55c\uae00", "\u0416\u0436\u0436 \u03a3\u03c3\u03c2 \u0130I\u0131i", "\U0001f600 smile \U0001f600",
    "a\u00a0b\u3000c\u2003d\u2028e", "tab\tand\rreturn\x0bline\x0cfeed", "nul\x00inside", "x\u0301\u0323y z\u0323\u0301",
    "number 12345 and 12345678 and 123456789", "under_score and-dash", "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
]


def make_signatures():
    rng = random.Random(2)
    texts = list(TEXTS)
    for length in (4, 10, 30, 100, 400):
        for _ in range(4):
            texts.append(" ".join(f"w{rng.randrange(3000)}" for _ in range(length)))
    rows, parts = [], []
    for text in texts:
        tokens = [token_hash(token) for token in words(text)]
        found = shingles(tokens)
        key = hashlib.sha256(exact_form(text).encode()).digest()[:16]
        rows.append(json.dumps({"text": text, "exact": exact_form(text), "key": key.hex(),
                                "tokens": [f"{token:016x}" for token in tokens],
                                "shingles": len(set(found)), "signature": signature(found).hex()}))
        parts.append((key, len(found), signature(found)))
    write("signatures.jsonl", "\n".join(rows) + "\n")
    write("segment.hex", segment(parts, hashlib.sha256(b"manifest").digest(), 7).hex() + "\n")


def segment(parts, manifest, first):
    count = len(parts)
    comparable = sum(found > 0 for _, found, _ in parts)
    data = b"DNDUPS02" + struct.pack("<IIQ", count, comparable, first) + manifest + bytes(8)
    for key, _, _ in parts:
        high, low = struct.unpack(">QQ", key)
        data += struct.pack("<QQ", high, low)
    for _, found, _ in parts:
        data += struct.pack("<H", min(found, 0xFFFF))
    data += bytes(-len(data) % 8)
    for band in range(16):
        for _, _, lanes in parts:
            data += lanes[band * 5:band * 5 + 5]
    data += bytes(-len(data) % 8)
    for row in sorted(range(count), key=lambda row: (parts[row][0], row)):
        data += struct.pack("<I", row)
    for band in range(16):
        def order(row):
            _, found, lanes = parts[row]
            return found == 0, int.from_bytes(lanes[band * 5:band * 5 + 5], "little") if found else 0, row
        for row in sorted(range(count), key=order):
            data += struct.pack("<I", row)
    return data + hashlib.sha256(data).digest()


write("example.jsonl", b'{"text":"a"}\r\n\n{"text":5}\n{"text":\n')
make_scans()
make_signatures()
