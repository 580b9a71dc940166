// The module EventLoop; see Specs/Architecture.md.
