"""Trains small tokenizers with PyPI's tokenizers and writes what they make of awkward texts.

    python3 make.py                     every tokenizer here, and cases.jsonl
    python3 make.py --seed 7 --count 2000 --out FILE      more cases, for a longer comparison

A line of cases: {"t": tokenizer, "x": text (or "b": hex of bytes before lossy decoding), "i": ids,
"o": offsets in characters, "d": decoded without and "D" with special tokens, "p": ids without template}.
"""
import argparse, json, pathlib, random
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
MARKS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
TEKKEN = O200K.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace("{1,3}", "")
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
            r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""]

def prose(seed, size):
    rng = random.Random(seed)
    parts = "an ber cor da el fin gra hu in jo ka lem mor ne ol pa qui ra sta to un ver wi xa yo ze".split()
    words = ["".join(rng.choice(parts) for _ in range(rng.randint(1, 3))) for _ in range(300)]
    lines = []
    while sum(map(len, lines)) < size:
        line = " ".join(rng.choice(words[: rng.randint(5, 300)]) for _ in range(rng.randint(3, 12)))
        lines.append(rng.choice([line.capitalize() + ".", line + "?", f"if {line}:\n    return {rng.randint(0, 5000)}",
                                 "it's " + line + ", don't they'll", "Größe " + line + " été naïve", "привет " + line + " мир",
                                 "日本語の" + line + "文字", "مرحبا " + line, "हिन्दी " + line, "  \t" + line + "\n\n"]))
    return lines

def train(tokenizer, size, specials, alphabet, seed=1):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(prose(seed, 30000), trainer)

def byte_level(name, size=330, pre=None, normalizer=None, specials=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
               post=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, size, list(specials), pre_tokenizers.ByteLevel.alphabet())
    if post: tokenizer.post_processor = post(tokenizer)
    return name, tokenizer

def split(pattern, behavior="isolated"):
    return pre_tokenizers.Split(Regex(pattern), behavior)

def bytes_only():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)

def template(text):
    return lambda t: processors.TemplateProcessing(single=text, pair=text + " $B", special_tokens=[
        (s, t.token_to_id(s)) for s in ["<|endoftext|>", "<s>", "</s>", "<|im_end|>"] if t.token_to_id(s) is not None])

def sentencepiece(name, pre=None, normalizer=None, decoder=None, fallback=True, fuse=True, size=420, added=()):
    """Llama-2's layout: unknown, begin, end, the bytes, then pieces with ▁."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    train(tokenizer, size - 259, [], [])
    file = json.loads(tokenizer.to_str())
    pieces = sorted(file["model"]["vocab"], key=file["model"]["vocab"].get)
    merges = file["model"]["merges"]
    extra = ["▁▁", "▁▁▁▁", "▁▁▁"]
    merges = [["▁", "▁"], ["▁▁", "▁▁"], ["▁▁", "▁"]] + merges
    names = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else []) + pieces + [e for e in extra if e not in pieces]
    file["model"].update(vocab={n: i for i, n in enumerate(names)}, merges=merges, byte_fallback=fallback, fuse_unk=fuse)
    file["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(file))
    if pre: tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in ["<unk>", "<s>", "</s>"]])
    tokenizer.add_tokens(list(added))
    tokenizer.post_processor = template("<s> $A")(tokenizer)
    return name, tokenizer

def built():
    B = pre_tokenizers.ByteLevel
    yield byte_level("gpt2", pre=B(add_prefix_space=False), post=lambda t: processors.ByteLevel(trim_offsets=True))
    yield byte_level("gpt2-space", pre=B(add_prefix_space=True), post=lambda t: processors.ByteLevel(trim_offsets=True, add_prefix_space=True))
    yield byte_level("llama3", pre=pre_tokenizers.Sequence([split(LLAMA3), bytes_only()]), ignore_merges=True,
                     post=lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=True), template("<|endoftext|> $A")(t)]))
    yield byte_level("qwen2", pre=pre_tokenizers.Sequence([split(QWEN2), bytes_only()]), normalizer=normalizers.NFC(),
                     post=lambda t: processors.ByteLevel(trim_offsets=False))
    yield byte_level("marks", pre=pre_tokenizers.Sequence([split(MARKS), bytes_only()]), normalizer=normalizers.NFD())
    yield byte_level("o200k", pre=pre_tokenizers.Sequence([split(O200K), bytes_only()]), post=template("$A <|im_end|>"))
    yield byte_level("tekken", pre=pre_tokenizers.Sequence([split(TEKKEN), bytes_only()]), ignore_merges=True)
    yield byte_level("deepseek", pre=pre_tokenizers.Sequence([split(p) for p in DEEPSEEK] + [bytes_only()]))
    yield byte_level("smollm", pre=pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), B(add_prefix_space=False)]))
    yield byte_level("digits", pre=pre_tokenizers.Sequence([pre_tokenizers.Digits(), split(" ", "merged_with_next"), bytes_only()]),
                     normalizer=normalizers.NFKD())
    yield byte_level("contiguous", pre=pre_tokenizers.Sequence([split(r"\p{N}", "contiguous"), split(r"[\r\n]", "merged_with_previous"),
                     pre_tokenizers.Split("e", "removed"), bytes_only()]), normalizer=normalizers.NFKC())
    name, t = byte_level("added", pre=B(add_prefix_space=False), normalizer=normalizers.Sequence([
        normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip()]), post=lambda t: processors.ByteLevel(trim_offsets=True))
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True), AddedToken("[R]", rstrip=True, special=True)])
    t.add_tokens([AddedToken("word", single_word=True), AddedToken("Straße", normalized=True), AddedToken("  ", normalized=False),
                  AddedToken("ﬁn", normalized=True), AddedToken("cor", normalized=False, lstrip=True, rstrip=True), AddedToken("co", normalized=False)])
    yield name, t
    spaces = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    chain = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    yield sentencepiece("llama2", normalizer=normalizers.Sequence(spaces), decoder=decoders.Sequence(chain),
                        added=[AddedToken("[INST]", normalized=True), AddedToken("<pad>", normalized=False, special=True)])
    yield sentencepiece("mistral", pre=pre_tokenizers.Metaspace(prepend_scheme="first", split=False), decoder=decoders.Sequence(chain))
    yield sentencepiece("metaspace", pre=pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
                        decoder=decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="always", split=True)]),
                        normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Replace("e", "E")]))
    yield sentencepiece("unknown", pre=pre_tokenizers.WhitespaceSplit(), fallback=False, fuse=False, decoder=decoders.Fuse())
    yield sentencepiece("fused", pre=None, fallback=False, fuse=True)
    yield sentencepiece("gemma", pre=pre_tokenizers.Split(" ", "merged_with_previous"), normalizer=normalizers.Replace(" ", "▁"),
                        decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]))

AWKWARD = ["", " ", "  ", "\n", " \n \n", "\t\t x", "a", " a", "a  b   c    d", "  leading", "trailing  ", "Hello, world!",
    "don't we'll they're I'M YOU'VE it'S 'tis 'ſ o'ſt 'Ll 'rE 'x '", "1 12 123 1234 12345 ½ ² ③ ٣٤٥ १२३ Ⅷ", "x=1;\n\tif (y){\r\n  return z[0]->q;\r\n}\r\n\r\n   //",
    "é e\u0301 ẹ\u0301\u0323 Å Å \u212b ﬁ ﬀ ｆｕｌｌ", "привет мир Ёж", "日本語の文字と漢字カタカナひらがな。", "한국어 가각 ᄀ\u1161\u11a8", "مرحبا بالعالم ١٢٣", "हिन्दी में क्षत्रिय", "ไทยภาษา",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ☺️ 🏴\U000e0067\U000e0062\U000e007f", "\u200b\u200d\ufeff\u00ad\u2060zero", "\u00a0nbsp\u3000ideographic\u2028line\u2029par\u0085nel",
    "\x00\x01\x1f\x7f\x80\x9f", "<|endoftext|>a<|im_start|>user\n<|im_end|> <s>x</s> <unk><pad> [INST] hi [/INST]", " <mask> [R]  x words word wordy word-word STRASSE Straße corco  co cor fin ﬁn",
    "ǅ ǈ ǲ ǅungla ʰʲ ªº ⅷ Ⓐⓑ CamelCaseXMLHttp iPhone's McDonald'S ABCdef ÀÉçà", "a/b//c\n/ \n//\n", "…—“”‘’«»¿¡§¶†‡", "$€£¥₿ +-*/=<>^~`|\\ @#%&_{}[]",
    "\u0300\u0301a\u0300\u0345\u0301\u1dfa\u0898 \u0f71\u0f72\u0f74 \u0915\u093c\u0958 \U00011938\U00011935\U00011930", "İIıi ẞß ΑΣΑΣ", "\U00010d50\U00011de5\U00016ea0\U0001e5f1", "\U0010ffff\ud7ff\ue000",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", " " * 70 + "x", "\n" * 60, "▁ ▁▁ ▁a a▁b ▁▁▁▁▁", "<0x41><0xE6> Ġ Ċ", "http://example.org/?q=1&r=%20#frag"]
BYTES = [b"\xff", b"abc\xe2\x82", b"\xed\xa0\x80x", b"\xc0\xaf\xf8\x88\x80\x80\x80", b"\xf0\x9f\x98 \xf0\x9f\x98\x80", b"\x80\x80 \xc3\x28", b"a\xf4\x90\x80\x80b", b"\xe0\x80\xaf\xef\xbf\xbe"]

POOLS = [(0x20, 0x7F), (0x20, 0x7F), (0, 0x20), (0xA0, 0x250), (0x250, 0x370), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0x980), (0xE00, 0x1000),
         (0x1100, 0x1200), (0x1E00, 0x2000), (0x2000, 0x2070), (0x20A0, 0x2400), (0x3000, 0x3100), (0x4E00, 0x4E80), (0xAC00, 0xAD00), (0xFB00, 0xFB50),
         (0xFE00, 0xFE10), (0xFF00, 0xFFF0), (0x10400, 0x10450), (0x1D400, 0x1D440), (0x1F300, 0x1F700), (0x0, 0xD800), (0x10000, 0x20000)]
SCRAPS = ["'s", "'LL", "  ", "\n\n", " \r\n", "<|im_end|>", "</s>", "word", "<mask>", " [R] ", "ber", "cor", "123", "4", "▁", "é", "e\u0301", "[INST]", "    ", "ＡＢ", "it's", "Straße"]

def scrap(rng):
    kind = rng.random()
    if kind < 0.3: return rng.choice(SCRAPS)
    if kind < 0.4: return rng.choice(" \t\n\r\u3000\u00a0") * rng.randint(1, 5)
    pool = rng.choice(POOLS)
    return "".join(chr(rng.randrange(*pool)) for _ in range(rng.randint(1, 6)))

def cases(seed, count):
    for text in AWKWARD: yield text, None
    for raw in BYTES: yield raw.decode("utf-8", "replace"), raw
    rng = random.Random(seed)
    for _ in range(count):
        text = "".join(scrap(rng) for _ in range(rng.randint(1, 14)))
        text = "".join(c for c in text if not 0xD800 <= ord(c) < 0xE000)
        if rng.random() < 0.15:
            raw = bytearray(text.encode())
            for _ in range(rng.randint(1, 4)):
                if raw: raw[rng.randrange(len(raw))] = rng.randrange(256)
            yield bytes(raw).decode("utf-8", "replace"), bytes(raw)
        else:
            yield text, None

def line(name, tokenizer, text, raw):
    encoding = tokenizer.encode(text)
    item = {"t": name}
    if raw is None: item["x"] = text
    else: item["b"] = raw.hex()
    item |= {"i": encoding.ids, "o": [n for pair in encoding.offsets for n in pair]}
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    if plain != encoding.ids: item["p"] = plain
    full = tokenizer.decode(encoding.ids, skip_special_tokens=False)
    short = tokenizer.decode(encoding.ids)
    if full != text: item["D"] = full
    if short != full: item["d"] = short
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))

if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=12)
    options.add_argument("--out")
    options = options.parse_args()
    if options.out is None:
        for name, tokenizer in built():
            file = json.loads(tokenizer.to_str())
            if name in ("gpt2", "llama2"):  # the older spelling of merges
                file["model"]["merges"] = [" ".join(m) for m in file["model"]["merges"]]
            (here / f"{name}.json").write_text(json.dumps(file, ensure_ascii=False, separators=(",", ":")))
        # For the trainer: a text, and what the library learns from it.
        folder = here / "training"
        folder.mkdir(exist_ok=True)
        text = "\n".join(prose(11, 40000)) + "abababab aaaaaaa banana\u00e9\u0301 \U0001f600\U0001f601" * 30
        (folder / "text.txt").write_text(text)
        for name, pre in (("gpt2", pre_tokenizers.ByteLevel(add_prefix_space=False)),
                          ("llama3", pre_tokenizers.Sequence([split(LLAMA3), bytes_only()])),
                          ("qwen2", pre_tokenizers.Sequence([split(QWEN2), bytes_only()]))):
            tokenizer = Tokenizer(models.BPE())
            tokenizer.pre_tokenizer = pre
            tokenizer.train_from_iterator([text], trainers.BpeTrainer(
                vocab_size=700, min_frequency=2, special_tokens=["<|end|>", "<|pad|>"], show_progress=False,
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
            model = json.loads(tokenizer.to_str())["model"]
            (folder / f"{name}.json").write_text(json.dumps(
                {"vocab": model["vocab"], "merges": model["merges"]}, ensure_ascii=False, separators=(",", ":")))
    with open(options.out or here / "cases.jsonl", "w") as out:
        for path in sorted(here.glob("*.json")):
            tokenizer = Tokenizer.from_file(str(path))
            for text, raw in cases(options.seed, options.count):
                out.write(line(path.stem, tokenizer, text, raw) + "\n")
