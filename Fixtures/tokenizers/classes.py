"""Writes Sources/Tokenization/CharacterTable.swift: the classes of all characters as PyPI's tokenizers
sees them, measured through its own regular expressions and normalizers.

    python3 classes.py > ../../Sources/Tokenization/CharacterTable.swift      (needs tokenizers from PyPI)
"""
import ctypes, ctypes.util, sys
from tokenizers import Regex, normalizers, pre_tokenizers

scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

def members(split):
    """The scalars that `split`, which removes what it matches, removes."""
    found = set()
    for start in range(0, len(scalars), 4096):
        part = scalars[start:start + 4096]
        kept = {c for piece, _ in split.pre_tokenize_str("".join(map(chr, part))) for c in map(ord, piece)}
        found |= set(part) - kept
    return found

names = "ultmonkps"  # Lu Ll Lt Lm Lo N M P S; w is white space, - everything else
patterns = [r"\p{Lu}", r"\p{Ll}", r"\p{Lt}", r"\p{Lm}", r"\p{Lo}", r"\p{N}", r"\p{M}", r"\p{P}", r"\p{S}", r"\s"]
table = ["-"] * 0x110000
for name, pattern in zip(names + "w", patterns):
    for c in members(pre_tokenizers.Split(Regex(pattern), "removed")):
        assert table[c] == "-", hex(c)
        table[c] = name
# What else the library asks is told by the same classes; if that ever changes, this script says so.
digits = set()
for c in scalars:
    if len(pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str("a" + chr(c))) == 2:
        digits.add(c)
print("numeric but not N:", [hex(c) for c in scalars if (c in digits) != (table[c] == "n")][:9], file=sys.stderr)

runs, start = [], 0
for c in range(1, 0x110001):
    if c == 0x110000 or table[c] != table[start]:
        runs.append((table[start], c - start))
        start = c
digits36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
def base36(n):
    text = ""
    while n:
        n, d = divmod(n, 36)
        text = digits36[d] + text
    return text
text = "".join(name + (base36(n) if n > 1 else "") for name, n in runs)

# The library's normalizers follow an older Unicode: to them these scalars do nothing.
unicode = ctypes.CDLL(ctypes.util.find_library("utf8proc"))
class Property(ctypes.Structure):
    _fields_ = [("category", ctypes.c_int16), ("rank", ctypes.c_int16)]
unicode.utf8proc_get_property.restype = ctypes.POINTER(Property)
buffer = (ctypes.c_int32 * 32)()
def decomposition(c):
    n = unicode.utf8proc_decompose_char(c, buffer, 32, (1 << 4) | (1 << 2), ctypes.byref(ctypes.c_int()))
    return "".join(chr(buffer[i]) for i in range(n))
nfd, nfkd, lower = normalizers.NFD(), normalizers.NFKD(), normalizers.Lowercase()
newer, lowered, wrong = [], [], []
for c in scalars:
    theirs, ours = nfkd.normalize_str(chr(c)), decomposition(c)
    if 0xAC00 <= c <= 0xD7A3: continue
    if theirs != ours:
        (newer if theirs == chr(c) else wrong).append(c)
    elif unicode.utf8proc_get_property(c).contents.rank > 0 and c != 0x345:
        # U+0345 has the highest class, so every other mark moves before it.
        if nfd.normalize_str("a\u0345" + chr(c)) == "a\u0345" + chr(c): newer.append(c)
    low = lower.normalize_str(chr(c))
    if low != chr(unicode.utf8proc_tolower(c)): lowered.append((c, low))
# Nor do they make a newer composite, whose second half is left alone instead: it does nothing else.
newer = sorted(set(newer) | {ord(decomposition(c)[1]) for c in newer
                             if nfd.normalize_str(chr(c)) == chr(c) and len(decomposition(c)) == 2
                             and normalizers.NFC().normalize_str(decomposition(c)) != chr(c)
                             and unicode.utf8proc_get_property(ord(decomposition(c)[1])).contents.rank == 0
                             and unicode.utf8proc_get_property(c).contents.category == 7})
print("decompositions that differ:", [hex(c) for c in wrong], file=sys.stderr)
def ranges(values):
    out = []
    for c in values:
        if out and out[-1][1] == c - 1: out[-1][1] = c
        else: out.append([c, c])
    return out

def literal(items, indent="    ", width=96):
    lines, line = [], ""
    for item in items:
        if len(indent) + len(line) + len(item) + 2 > width:
            lines.append(indent + line.strip())
            line = ""
        line += item + ", "
    return "\n".join(lines + [indent + line.strip()])

print("""// The classes of all characters as Hugging Face's tokenizers sees them; made by
// Fixtures/tokenizers/classes.py, see Specs/Tokenizers.md, "Characters". Not for editing by hand.

enum CharacterTable {
  /// A letter for a class and, if greater than 1, the length of the run in base 36: u l t m o for
  /// Lu Ll Lt Lm Lo, n for numbers, k for marks, p and s for punctuation and symbols, w for white
  /// space, - for the rest.
  static let runs = \"\"\"""")
for i in range(0, len(text), 94):
    print("    " + text[i:i + 94] + ("\\" if i + 94 < len(text) else ""))
print('    """\n')
print("""  /// Scalars that normalizers leave alone, because their Unicode is older than utf8proc's.
  static let unknownToNormalizers: [ClosedRange<UInt32>] = [""")
print(literal([f"0x{a:X}...0x{b:X}" for a, b in ranges(newer)]))
print("""  ]

  /// Lower-case mappings that utf8proc's simple ones do not give.
  static let lowercase: [(UInt32, String)] = [""")
print(literal([f'(0x{c:X}, "' + "".join("\\u{%X}" % ord(x) for x in low) + '")' for c, low in lowered]))
print("  ]\n}")
print(len(runs), "runs,", len(text), "bytes,", len(newer), "newer,", len(lowered), "lower", file=sys.stderr)
