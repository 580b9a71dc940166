# The tokenizers benchmark with Hugging Face's library: TokenizersPeer.py tokenizer.json TEXT.
# Prints seconds, CPU seconds and a digest of the ids of every line.
import os, sys, time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
lines = open(sys.argv[2], encoding="utf-8", newline="\n").read().split("\n")
best = (9e9, 0.0)
for _ in range(3):
    start, processor = time.perf_counter(), time.process_time()
    encodings = [tokenizer.encode(line) for line in lines]
    best = min(best, (time.perf_counter() - start, time.process_time() - processor))
digest = 0xCBF29CE484222325
for encoding in encodings:
    for token in encoding.ids:
        digest = ((digest ^ token) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
print(*best, digest)
