// The module FastMath; see Specs/Architecture.md.
