# Everything here needs Go 1.26 and make; the race detector also a C compiler.

GO           ?= go
LINT_VERSION := v2.15.0
LINT         := .tools/golangci-lint-$(LINT_VERSION)/golangci-lint
BIN          := bin/aftersales
SHOP         ?= infra/shop
ARCHITECTURE ?= arm64
TRIMPATH     ?= -trimpath
VERSION      := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# All of it does without C, but for the race detector. One setting for all targets: what one has built the
# next need not build again.
export CGO_ENABLED := $(if $(findstring -race,$(TEST)),1,0)

# Words of make and of tools go to stderr: stdout is for what a target is asked for.

.DEFAULT_GOAL := help
.PHONY: aws-local aws-local-test bench-aws help demo build test test-aws lint fuzz bench clean

help:
	@awk -F ':.*## ' '/^##@ / {print (n++ ? "\n" : "") substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ See it

demo: ## three years of follow-ups in seconds, then a mailbox to click in; DEMO="--exit --json --seed 1"
	@echo "Building aftersales (about a minute the first time) ..." >&2
	@$(GO) build -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/aftersales >&2 # no -trimpath: make test uses what it builds
	@$(BIN) demo $(DEMO)

build: ## the program, as bin/aftersales
	@$(GO) build -buildvcs=false -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/aftersales >&2
	@echo "built $(BIN) $(VERSION)" >&2

##@ Before a change lands

test: ## every test; about two minutes on two cores, four the first time; TEST="-race -shuffle=on" as CI does
	@echo "Running every test: about two minutes on two cores, four the first time, which builds ..." >&2
	@start=$$(date +%s); $(GO) test -timeout 30m $(TEST) ./...; status=$$?; \
	echo "make test took $$(($$(date +%s) - start)) s" >&2; exit $$status

test-aws: ## the store, the queue and the costs on a local AWS, which it starts; AFTERSALES_DYNAMODB_ENDPOINT=URL: the tables on another
	@if [ -n "$$AFTERSALES_DYNAMODB_ENDPOINT" ]; then cd awstest && $(GO) test -timeout 30m $(AWSTEST) ./dynamo/... ./equality/...; \
	else scripts/ministack run sh -c 'cd awstest && $(GO) test -timeout 30m $(AWSTEST) ./...'; fi

lint: $(LINT) ## the rules of .golangci.yml, those of go vet among them, and formatting; FIX=1 formats every Go file
	@status=0; $(LINT) fmt $(if $(FIX),,--diff) || status=1; $(LINT) run ./... || status=1; exit $$status

fuzz: ## 20 s of each fuzz target; FUZZTIME=5m for longer
	@scripts/fuzz $(or $(FUZZTIME),20s)

##@ How quick it is

bench: ## the speeds of docs/performance.md beside their limits, in two minutes; BENCH=Drain for some
	@echo "Measuring for about two minutes; what else runs here is measured with it ..." >&2
	@$(GO) test -run '^$$' -bench 'Speed.*$(BENCH)' -benchtime 12s ./internal/local | awk -f scripts/bench.awk

bench-aws: ## cold starts, sizes and memory of the functions beside an empty one's, and a rush of 20,000 mails; BENCH="-spawns 5 -due 0" for less
	@echo "Measuring for about three minutes; what else runs here is measured with it ..." >&2
	@cd awstest && $(GO) run ./bench $(BENCH)

##@ AWS on this machine

aws-local: ## the whole AWS form on this machine, deployed from template.yaml, to click in; needs python3 with venv
	@scripts/aws-local

aws-local-test: ## the same, and orders followed through it while things break; about thirteen minutes
	@scripts/aws-local-test

# sam build asks for these, one per function of template.yaml: the binary and the merchant's folder, which is
# checked whole and written as the functions read it: a folder with a fault fails the build.
# SHOP=path is that folder; ARCHITECTURE=x86_64 goes with the template's parameter of that name. TRIMPATH= leaves
# the paths of this machine in the binary, and needs not compile all anew where tests were.
build-%Function:
	@test -f '$(SHOP)/aftersales.yaml' || { echo "$(SHOP) has no aftersales.yaml: make it by 'aftersales init $(SHOP)', or say SHOP=FOLDER" >&2; exit 1; }
	@GOOS=linux GOARCH=$(ARCHITECTURE:x86_64=amd64) $(GO) build -buildvcs=false $(TRIMPATH) -tags lambda.norpc,nethttpomithttp2 \
		-ldflags '-s -w -X aftersales/internal/cloud.Version=$(VERSION)' -o '$(ARTIFACTS_DIR)/bootstrap' ./functions/$(shell echo $* | tr A-Z a-z)
	@cp -R '$(SHOP)' '$(ARTIFACTS_DIR)/shop' && $(GO) run -buildvcs=false ./infra/pack '$(SHOP)' '$(ARTIFACTS_DIR)/shop/ready.json' && chmod -R a+rX '$(ARTIFACTS_DIR)' # Lambda reads it as somebody else

##@ Keep house

clean: ## removes what was built; .tools stays
	@rm -rf bin dist

# Most of it is little used: unoptimised it is built in three quarters of the time, and no slower. What works
# hard in it, golang.org/x/tools and staticcheck, stays as it is.
$(LINT):
	@echo "Building golangci-lint $(LINT_VERSION) (about two minutes, once) ..." >&2
	@for wait in 5 20 0; do GOFLAGS= GOBIN=$(abspath $(dir $(LINT))) $(GO) install -ldflags='-s -w' -gcflags='github.com/...=-N -l -dwarf=false' github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) >&2 && exit; sleep $$wait; done; exit 1 # a download may break off
