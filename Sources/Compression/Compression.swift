// The module Compression; see Specs/Architecture.md.
