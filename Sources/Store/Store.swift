// The module Store; see Specs/Architecture.md.
