// The module Attribution; see Specs/Architecture.md.
