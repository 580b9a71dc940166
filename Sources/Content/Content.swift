// The module Content; see Specs/Architecture.md.
