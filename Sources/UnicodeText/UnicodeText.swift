// The module UnicodeText; see Specs/Architecture.md.
