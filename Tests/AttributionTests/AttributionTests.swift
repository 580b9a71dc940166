// The module Attribution: contribution scores, influence, proofs (Specs/Architecture.md, "Modules").

import Testing
