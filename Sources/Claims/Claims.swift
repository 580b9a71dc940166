// The module Claims; see Specs/Architecture.md.
