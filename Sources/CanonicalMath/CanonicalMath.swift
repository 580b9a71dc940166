// The module CanonicalMath; see Specs/Architecture.md.
