#!/usr/bin/env bash
# The fixture base, from nothing (Specs/FixtureBase.md).
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
datanet model make "$out" -q > /dev/null
cp "$out"/* .
rm -r "$out"
