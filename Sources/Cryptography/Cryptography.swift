// The module Cryptography; see Specs/Architecture.md.
