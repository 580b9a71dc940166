#!/usr/bin/env bash
# The lesson that the fixture run learns, and the run (Specs/Runs.md, "A worked example").
set -euo pipefail
cd "$(dirname "$0")/../.."
datanet lesson facts > Fixtures/runs/facts.jsonl
out=$(mktemp -d)
datanet train -q --base Fixtures/base --data Fixtures/runs/facts.jsonl --out "$out" \
  --steps 200 --batch 3 --lr 0.003 --targets all --rank 4 > /dev/null
mkdir -p Fixtures/runs/facts
for file in recipe.json transcript adapter_config.json adapter_model.safetensors loss.svg; do
  cp "$out/$file" Fixtures/runs/facts/
done
rm -r "$out"
