// The module Tokenization; see Specs/Architecture.md.
