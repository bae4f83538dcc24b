# `make demo` shows everything once; `make test` is what CI runs. Both work from a clean clone and ask nothing.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UKL := bin/ukl-link
BUILD := build
# Where the kernel is worked on: `make kernel-tree`.
TREE ?= $(BUILD)/linux

SOURCES := $(shell find src -name '*.ts') $(wildcard guest/*.[ch]) guest/build.sh $(wildcard lib/upcall/*) scripts/build.mjs scripts/code-cache.cjs package.json tsconfig.json tsconfig.build.json

.PHONY: help
help:
	@echo 'make demo            install what is missing, build kernel and tool, link hello, boot it'
	@echo 'make test            the same preparations, then lint, types and every test'
	@echo 'make test-debug      the tests that boot, on a kernel that looks for its own mistakes; slow'
	@echo 'make tool            build the tool only'
	@echo 'make test-long       the suites on twenty machines, thousands of rounds, a minute of stress-ng'
	@echo 'make stress          ten minutes of stress-ng as the program (STRESS_SECONDS=N: as many)'
	@echo 'make check-identity  the patched kernel with UKL off is the pristine one, byte for byte'
	@echo 'make kernel-tree     a git tree of the kernel with the patches as commits, in $(TREE)'
	@echo 'make kernel          compile what was edited in $(TREE) and store its kit'
	@echo 'make patches         write the commits of $(TREE) back to patches/'
	@echo 'make benchmarks      count again what docs/benchmarks.md says'
	@echo 'make fuzz            200,000 damaged inputs (RUNS=N: as many)'
	@echo 'make clean           remove what was built here (kits stay in the cache)'

.PHONY: demo
demo:
	@scripts/prerequisites.sh demo
	@$(MAKE) tool
	$(UKL) kernel build
	@mkdir -p $(BUILD)/demo
	gcc -O2 -c fixtures/hello/hello.c -o $(BUILD)/demo/hello.o
	$(UKL) --with-program=$(BUILD)/demo/hello.o -o $(BUILD)/demo/hello.bzImage --print-stats
	@echo '$(UKL) run $(BUILD)/demo/hello.bzImage'
	@$(UKL) run $(BUILD)/demo/hello.bzImage </dev/null; status=$$?; echo "exit status: $$status"; exit $$status

.PHONY: test
test:
	@scripts/prerequisites.sh test
	@$(MAKE) tool
	npm run --silent lint
	npm run --silent typecheck
	$(UKL) kernel build
	@node scripts/test.mjs

# The kernel must stay silent. Everything may take ten times as long.
.PHONY: test-debug
test-debug:
	@scripts/prerequisites.sh test
	@$(MAKE) tool
	$(UKL) kernel build --profile debug
	@UKL_KIT=debug UKL_TEST_PATIENCE=10 node scripts/test.mjs test/boot test/debug

# What takes an hour or more; no part of it is repeated in `make test` at full length.
.PHONY: test-long
test-long:
	@scripts/prerequisites.sh test
	@$(MAKE) tool
	$(UKL) kernel build
	@node scripts/test.mjs --config vitest.long.config.ts

.PHONY: stress
stress:
	@scripts/prerequisites.sh test
	@$(MAKE) tool
	$(UKL) kernel build
	@STRESS_SECONDS=$(or $(STRESS_SECONDS),600) node scripts/test.mjs --config vitest.long.config.ts test/long/stress-ng.test.ts

.PHONY: tool
tool: dist/cli.cjs

# npm writes this file at the end of every installation.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

dist/cli.cjs: node_modules/.package-lock.json $(SOURCES)
	node scripts/build.mjs

.PHONY: check-identity
check-identity: tool
	$(UKL) kernel identity

.PHONY: kernel-tree
kernel-tree: tool
	$(UKL) kernel tree $(TREE)

.PHONY: kernel
kernel: tool
	$(UKL) kernel build --tree $(TREE)

.PHONY: patches
patches: tool
	$(UKL) kernel patches $(TREE)

.PHONY: benchmarks
benchmarks: tool
	$(UKL) kernel build
	node scripts/benchmarks.mjs

.PHONY: fuzz
fuzz: tool
	node scripts/fuzz.mjs $(or $(RUNS),200000)

.PHONY: clean
clean:
	rm -rf dist build
