// The module Checkpoints; see Specs/Architecture.md.
