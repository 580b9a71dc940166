// The module JSON; see Specs/Architecture.md.
