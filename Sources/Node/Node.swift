// The module Node; see Specs/Architecture.md.
