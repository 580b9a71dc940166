# The commands of the README. Each first makes the machine ready (.ci/setup), which costs nothing
# when it already is.
#
#   make run        build, and show what the program does
#   make test       every test
#   make simulate   the simulator with new seeds, and a thousand peers (SEEDS=20)
#   make swarm-test twenty real peers in network namespaces (root; PEERS=20)
#   make test-arm   the arithmetic's kernels for aarch64, under qemu
#   make bench      the table of Specs/Performance.md
#   make fuzz       coverage-guided fuzzing of every decoder, a minute each (SECONDS_EACH=600)
#   make crash      kills and power cuts by the thousand (Specs/Store.md, "Durability")
#   make lies       1,000 trainers who lie about their runs (Specs/Verification.md)
#   make fixtures   make Fixtures/ again and show what changed
#   make lint       format and architecture
#   make install    put the program under PREFIX (default /usr/local)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := run
.PHONY: run test simulate swarm-test test-arm bench fuzz crash lies fixtures lint install clean

# A crash report on a closed terminal must not hold up what waits for the process.
export SWIFT_BACKTRACE := enable=no

READY = swift=$$(.ci/setup)
PREFIX ?= /usr/local
SECONDS_EACH ?= 60
DECODERS ?=
SEEDS ?= 20
PEERS ?= 20
BENCH ?=

run:
	@$(READY); echo "Building (the first time takes some minutes)…" >&2; \
	"$$swift" build -c release --product datanet >&2; \
	.build/release/datanet tour

test:
	@$(READY); exec "$$swift" test --disable-xctest

simulate:
	@$(READY); DATANET_SIMULATE=$(SEEDS) DATANET_FUZZ_SECONDS=$(SECONDS_EACH) \
	exec "$$swift" test --disable-xctest --filter SimulationTests

swarm-test:
	@$(READY); "$$swift" build -c release --product datanet >&2; \
	DATANET_SWARM=$(PEERS) DATANET_PROGRAM="$$PWD/.build/release/datanet" ONLY=Swarm \
	exec "$$swift" test --disable-xctest --filter SwarmTests

test-arm:
	@$(READY); exec .ci/arm "$$swift"

bench:
	@$(READY); "$$swift" build -c release --product datanet >&2; \
	"$$swift" build -c release --product datanet-bench >&2; \
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE .build/release/datanet-bench $(BENCH)

fuzz:
	@$(READY); exec .ci/fuzz "$$swift" $(SECONDS_EACH) $(DECODERS)

crash:
	@$(READY); DATANET_CRASHES=$${DATANET_CRASHES:-20000} DATANET_KILLS=$${DATANET_KILLS:-500} \
	"$$swift" test --disable-xctest --filter 'PowerCutTests|ProcessTests'

lies:
	@$(READY); DATANET_LIES=1 ONLY=Attribution exec "$$swift" test --disable-xctest --filter LieTests

fixtures:
	@$(READY); .ci/fixtures "$$swift"; git --no-pager diff --stat -- Fixtures; \
	git diff --quiet -- Fixtures && echo "Fixtures are as they were."

lint:
	@$(READY); "$$swift" format lint --strict -r Sources Tests Package.swift; \
	"$$swift" test --disable-xctest --filter ArchitectureTests

install:
	@$(READY); "$$swift" build -c release --product datanet >&2; \
	install -D -m 755 .build/release/datanet "$(PREFIX)/bin/datanet"; \
	echo "Installed $(PREFIX)/bin/datanet; try: datanet --help"

clean:
	@rm -rf .build
