# One command per habit. `make help` lists them.

GO       ?= go
FUZZTIME ?= 20s
OUT      ?= warmline-demo
BENCH    ?= .
LOAD     ?= --rooms 100

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## build the static binary bin/warmline
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/warmline ./cmd/warmline

.PHONY: fmt
fmt: ## format all Go files
	gofmt -s -w $$(git ls-files -co --exclude-standard '*.go')

.PHONY: lint
lint: ## go vet and staticcheck, the tests with real phones included
	$(GO) vet -tags real ./...
	$(GO) tool staticcheck -tags real ./...

.PHONY: test
test: ## all tests: pure, in virtual time, with real phones (installs what is missing)
	@scripts/test-tools
	$(GO) test -race -timeout 30m ./...
	@scripts/test-real $(GO)

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (20s)
	@scripts/fuzz $(GO) $(FUZZTIME)

.PHONY: bench
bench: ## benchmarks with allocations (BENCH chooses, by pattern)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: cover
cover: ## coverage and lines of test to lines of code, by package
	@scripts/cover $(GO)

.PHONY: demo
demo: ## a whole warm transfer with three speaking people; results in OUT (warmline-demo)
	$(GO) run ./cmd/warmline demo --out $(OUT)

.PHONY: load
load: build ## load and quality of a private server (LOAD has the flags of warmline bench)
	bin/warmline bench $(LOAD)
