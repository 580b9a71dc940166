// The module Learning; see Specs/Architecture.md.
