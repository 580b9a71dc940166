#!/usr/bin/env bash
# A short run with a yardstick, whose proofs make.py computes by itself (Specs/Proofs.md).
set -euo pipefail
cd "$(dirname "$0")/../.."
datanet lesson facts --count 16 > Fixtures/proofs/data.jsonl
datanet lesson facts --count 16 --test --test-count 8 > Fixtures/proofs/yardstick.jsonl
out=$(mktemp -d)
datanet train -q --base Fixtures/base --data Fixtures/proofs/data.jsonl \
  --yardstick Fixtures/proofs/yardstick.jsonl --out "$out" --steps 12 --batch 4 --refresh 4 \
  --folds 4 --rank 2 --alpha 4 --targets q,v --lr 0.01 > /dev/null
cp "$out/recipe.json" "$out/transcript" Fixtures/proofs/
rm -r "$out"
