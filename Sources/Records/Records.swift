// The module Records; see Specs/Architecture.md.
