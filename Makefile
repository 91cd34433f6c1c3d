# What pfrun is built and tested with. "make help" lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build helper test test-unit test-integration test-long race lint fuzz expressions bench-expressions fuzz-seeds \
	images conformance parity parity-record parity-generated parity-generated-record bench engine cc demo demo-down clean

# What needs no container engine, and what does.
UNIT = $(shell go list ./... | grep -v '/integration')
INTEGRATION = ./integration/...

GOTEST := go test -json -race
# Packages one after the other: a test that measures an outage has the machine to itself.
GOTEST_INTEGRATION := env PFRUN_INTEGRATION=require $(GOTEST) -p 1 -timeout 50m
# A second pass runs without the helper. It leaves out the tests that run both ways by themselves (of TestIPv4Only each kind of host has its way), those that are about the helper,
# and those that end before a helper would be started, or look at Postfix alone.
BOTH_WAYS := TestIPv4Only|TestOddHosts|TestInitScript|TestRoundTrips|TestHelperOnHardHosts|TestDelegatedToOne
NO_WAY := TestReach|TestNoRoute|TestSSHRoutes|TestOverrides|TestSecondPass
WITHOUT_HELPER := env PFRUN_HELPER=off $(GOTEST_INTEGRATION) -short -skip ^($(BOTH_WAYS)|$(NO_WAY)) ./integration
# What holds a time is run without the race detector as well, which makes everything many times slower.
TIMED := go test -json -count=1 -run ^(TestBombs|TestEndless)$$ ./internal/yamlsrc ./internal/jinja
REPORT := go run ./integration/scripts/testreport -skips integration/skips.txt

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: helper ## build bin/pfrun, static, with the helper in it
	CGO_ENABLED=0 go build -trimpath -o bin/pfrun ./cmd/pfrun

# Where pfrun takes the helper from. A helper that has not changed is left as it is.
DIST := internal/helper/binary/dist

# Its size counts: without what only the control node does (files with the tag !helper), without what declares and documents arguments, without inlining, without gaps between functions, and with hashes in Go instead of assembly, whose ciphers and self-tests nobody needs there.
helper: ## build the helper that pfrun puts on hosts
	@tmp=$$(mktemp -d $(DIST)/.new-XXXXXX); trap 'rm -rf "$$tmp"' EXIT; \
		go run ./internal/helper/bare "$$tmp"; \
		CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -tags purego,helper -ldflags '-s -w -funcalign=1' -gcflags=all=-l -overlay "$$tmp/overlay.json" -o "$$tmp/helper" ./cmd/pfrun-helper; \
		sha256sum < "$$tmp/helper" > "$$tmp/sha256"; \
		if cmp -s "$$tmp/sha256" $(DIST)/pfrun-helper-linux-amd64.sha256; then exit 0; fi; \
		gzip -9n "$$tmp/helper"; \
		mv "$$tmp/helper.gz" $(DIST)/pfrun-helper-linux-amd64.gz; \
		mv "$$tmp/sha256" $(DIST)/pfrun-helper-linux-amd64.sha256

test: cc images helper ## run every test in its short form; installs what it needs
	@$(REPORT) "$(GOTEST) -short $(UNIT)" "$(TIMED)" "$(GOTEST_INTEGRATION) -short $(INTEGRATION)" "$(WITHOUT_HELPER)"

test-unit: cc helper ## run the tests that need no container engine
	@$(REPORT) "$(GOTEST) -short $(UNIT)" "$(TIMED)"

test-integration: cc images helper ## run the tests on real mail hosts in containers
	@$(REPORT) "$(GOTEST_INTEGRATION) -short $(INTEGRATION)" "$(WITHOUT_HELPER)"

test-long: cc images helper ## run every test in its long form
	@$(REPORT) "$(GOTEST) $(UNIT)" "$(GOTEST_INTEGRATION) -timeout 4h $(INTEGRATION)" \
		"env PFRUN_HELPER=off $(GOTEST_INTEGRATION) -timeout 4h $(INTEGRATION)"

# Playbooks by ansible-core and by pfrun on twin containers. ONLY=CASE,CASE takes these alone, ONLY=stale those that have changed since they were recorded; PARITY_KEEP is a folder
# for what both printed and left behind.
PARITY := env PFRUN_INTEGRATION=require PARITY_TABLE=$(CURDIR)/bin/parity.txt go test ./integration/parity -count=1 -parallel 3 -timeout 90m

parity: engine helper ## run playbooks by ansible-core and by pfrun, and compare
	@integration/images/images.sh parity
	@rm -f bin/parity.txt
	@PFRUN_PARITY=compare $(PARITY) -run 'TestParity$$' && bad=0 || bad=$$?; cat bin/parity.txt; exit $$bad

parity-record: engine ## record what ansible-core does with the playbooks
	@integration/images/images.sh parity
	PFRUN_PARITY=record $(PARITY) -run 'TestRecord$$'

# Playbooks made at random: SEED is the first, COUNT how many there are, SHRINK how often one that differs is tried smaller. What differs is kept below bin/generated.
SEED ?= 1
GENERATED := env SEED=$(SEED) GENERATED_KEEP=$(CURDIR)/bin/generated go test ./integration/parity/generated -count=1 -v -timeout 5h

parity-generated: engine helper ## run playbooks made at random by both, and compare: SEED=1 COUNT=100 SHRINK=60
	@integration/images/images.sh parity
	@mkdir -p bin/generated
	PFRUN_PARITY=compare COUNT=$(or $(COUNT),100) $(GENERATED) -run 'TestGenerated$$'

parity-generated-record: engine helper ## record what ansible-core does with some of them
	@integration/images/images.sh parity
	PFRUN_PARITY=record COUNT=$(or $(COUNT),40) $(GENERATED) -run 'TestRecord$$'

# How often each workload is measured.
SPEED_ROUNDS ?= 5

bench: engine helper ## measure pfrun beside ansible-core, and write docs/speed.md
	@integration/images/images.sh parity
	PFRUN_INTEGRATION=require SPEED_ROUNDS=$(SPEED_ROUNDS) SPEED_TABLE="$(CURDIR)/docs/speed.md" go test ./integration/parity -count=1 -run '^$$' -bench '^BenchmarkSpeed$$' -benchtime 1x -timeout 3h

race: cc helper ## run the unit tests in their long form, in random order
	@$(REPORT) "$(GOTEST) -shuffle=on -count=1 $(UNIT)"

fuzz-seeds: ## run the seeds of the fuzz targets
	go test -run '^Fuzz' $(UNIT)

# The templates of other people, and Ansible's word on them. CORPUS: folders of roles and collections, with colons between. JINJA: a checkout of Jinja2.
ANSIBLE := integration/expressions/ansible.sh
CORPUS ?=
JINJA ?=

expressions: images ## hold expressions to ansible-core and Jinja2: CORPUS=roles:collections JINJA=checkout
	@test -n "$(CORPUS)$(JINJA)" || { echo 'give CORPUS=folder:folder, JINJA=checkout or both'; exit 1; }
	@$(ANSIBLE) --all true
	@if [ -n "$(CORPUS)" ]; then \
		PFRUN_CORPUS="$(CORPUS)" PFRUN_MEASURE="$(CURDIR)/$(ANSIBLE) python3 /expressions/measure.py" TZ=UTC go test . -count=1 -run '^TestCorpus' -v -timeout 2h; \
	fi
	@if [ -n "$(JINJA)" ]; then \
		tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
		tar -C "$(JINJA)" -cf - tests src pyproject.toml | $(ANSIBLE) sh -c 'rm -rf /tmp/jinja && mkdir /tmp/jinja && tar -C /tmp/jinja -xf - && python3 /expressions/jinja_suite.py /tmp/jinja /tmp/suite.json >&2'; \
		$(ANSIBLE) cat /tmp/suite.json > "$$tmp/suite.json"; \
		PFRUN_JINJA2_SUITE="$$tmp/suite.json" go test ./internal/jinja -count=1 -run TestJinja2Suite -v; \
	fi

bench-expressions: images ## time expressions beside Ansible's templar and plain Jinja2
	@$(ANSIBLE) true
	PFRUN_BENCH="$(CURDIR)/$(ANSIBLE) python3 /expressions/bench.py" go test ./internal/jinja -count=1 -run TestSideBySide -v

# How long each fuzz target runs, and which: package:target.
FUZZTIME ?= 10m
FUZZ ?= ./internal/yamlsrc:FuzzParse ./internal/jinja:FuzzExpression ./internal/jinja:FuzzTemplate ./internal/vault:FuzzDecrypt

fuzz: ## fuzz YAML, expressions, templates and vault, FUZZTIME each, at low priority
	@for t in $(FUZZ); do \
		echo "== $$t"; \
		nice -n 19 go test "$${t%%:*}" -run '^$$' -fuzz "^$${t##*:}\$$" -fuzztime $(FUZZTIME) -parallel 1; \
	done

lint: ## check the format of the sources and vet them
	@bad=$$(gofmt -l .); \
		if [ -n "$$bad" ]; then echo "not formatted (gofmt -w):"; echo "$$bad"; exit 1; fi
	go vet ./...
	@for f in $$(grep -rlE '^#!/bin/(ba)?sh' integration .ci); do bash -n "$$f"; done

# ansible-core's own targets, from a checkout of branch stable-2.18 of ansible/ansible.
conformance: build engine ## count what pfrun does of ansible-core's targets: ANSIBLE=CHECKOUT [TARGETS="a b"] [FLAGS=-v]
	@integration/images/conformance.sh
	go run ./integration/conformance -ansible "$(ANSIBLE)" $(FLAGS) $(TARGETS)

images: engine ## build the images of the mail hosts, where they are not there
	@integration/images/images.sh

engine:
	@integration/scripts/engine.sh

cc:
	@integration/scripts/cc.sh

demo: build engine ## bring up two mail hosts and show the story on them
	@integration/images/images.sh 12 13
	@integration/scripts/demo.sh up

demo-down: ## remove the hosts of the demo
	@integration/scripts/demo.sh down

clean: ## remove what was built, but for images
	rm -rf bin $(DIST)/pfrun-helper-*
