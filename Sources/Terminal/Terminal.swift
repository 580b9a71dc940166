// The module Terminal; see Specs/Architecture.md.
