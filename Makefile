# facepay: everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/ready
MUTATE := .venv/mutate
DOCS_READY := .venv-docs/ready
WORKERS := --numprocesses=2 --dist=loadgroup
# Tests with servers often wait for them, so a third worker has something to do on two cores.
MORE_WORKERS := --numprocesses=3 --dist=loadgroup --no-loadscope-reorder
COVERED := --cov --cov-report=term --cov-fail-under=96

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast check docs pictures bench-engine int8-ranges bench-accuracy calibrate-shipped bench-memory bench-robust bench-protection bench-pad bench-revocation bench-stale bench-duress format generate lock mutate scan clean

help: ## list every target
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## the whole walk over HTTP: a face pays, is revoked, the password still pays
	@$(BIN)/python -m facepay_rehearsal

serve: $(READY) ## start OpenBao, the database and the service; Ctrl-C stops them all
	@exec $(BIN)/facepay serve

test: $(READY) ## every test, by several workers; T=path::name make test runs one file or test
ifdef T
	@$(BIN)/python -m pytest '$(T)'
else
	@$(BIN)/python -m pytest $(WORKERS) $(COVERED) tests/unit
	@$(BIN)/python -m pytest $(MORE_WORKERS) --ignore=tests/unit
endif

test-fast: $(READY) ## the unit tests, in about a minute
	@$(BIN)/python -m pytest $(WORKERS) tests/unit

check: $(READY) ## format, lint, types, import layers, size limits, docstrings, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.checks
	@$(BIN)/facepay spec check

bench-engine: $(READY) ## measure the face engine against dlib's own network: var/bench/engine.json
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.engine

int8-ranges: $(READY) ## measure the activation ranges of the quantised network anew
	@$(BIN)/python -m tests.bench.int8_ranges

bench-accuracy: $(READY) ## measure error rates on LFW and London in ../shared/data: var/bench/accuracy.json
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.accuracy $(ARGS)

calibrate-shipped: $(READY) ## make the report that rehearsals start with anew, after the model changed
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.calibrate_shipped $(ARGS)

bench-memory: $(READY) ## whether a worker's memory stays flat over 2,000 captures: var/bench/memory.json
	@$(BIN)/python -m tests.bench.memory

bench-robust: $(READY) ## show the face engine 10,000 broken and odd pictures: var/bench/robust.json
	@$(BIN)/python -W ignore -m tests.bench.robust

bench-protection: $(READY) ## measure what template protection gives and costs: var/bench/protection.json
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.protection $(ARGS)

bench-pad: $(READY) ## measure the liveness check on rendered attacks and payers: var/bench/pad.json
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.pad $(ARGS)

bench-revocation: $(READY) ## race 10,000 payments with revocations while workers and nodes die: var/bench/revocation.json
	@$(BIN)/python -m tests.bench.revocation $(ARGS)

bench-stale: $(READY) ## race 2,000 password payments with its change: var/bench/stale.json
	@$(BIN)/python -m tests.bench.stale $(ARGS)

bench-duress: $(READY) ## whether a till can tell duress from a wrong code: var/bench/duress.json
	@$(BIN)/python -m tests.bench.duress $(ARGS)

format: $(READY) ## format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: $(READY) ## write what is made from the code and the registry: OpenAPI, error table, docs/cli.md
	@$(BIN)/facepay spec write

docs: $(DOCS_READY) ## build these pages as a site, links checked, nothing fetched: var/site
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo "facepay: the site is var/site/index.html"

pictures: $(READY) ## draw docs/images/payment.svg, photograph docs/images/account.png (needs Chromium)
	@$(BIN)/python -m docs.images.draw_payment
	@$(BIN)/python -m docs.images.photograph_account

scan: $(READY) ## search var/ for picture headers and embeddings of the rehearsal's faces
	@$(BIN)/python -m facepay_rehearsal.demo.leak_scan var

mutate: $(MUTATE) ## mutate domain/ and list the mutants that no unit test finds: var/mutate/survivors.txt
	@$(BIN)/python -m tests.mutation.domain

lock: ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile -q infra/lock/build.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -o infra/lock/build.lock
	uv pip compile -q infra/lock/docs.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o infra/lock/docs.lock
	uv pip compile -q pyproject.toml infra/lock/runtime.in --extra rehearsal --extra dev \
		--universal --python-version 3.11 --override infra/lock/dlib-is-a-wheel.txt \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock
	uv pip compile -q infra/lock/mutate.in --constraint requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o infra/lock/mutate.lock

clean: ## remove the virtual environments and everything the service wrote here
	rm -rf .venv .venv-docs var build

# Hashed all the way down: the build tool first, then everything else without build isolation,
# so that nothing is ever fetched that the locks do not name.
$(READY): requirements.lock infra/lock/build.lock pyproject.toml
	@echo "facepay: preparing .venv (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "facepay needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r infra/lock/build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-build-isolation -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# The tools of `make mutate` have a lock of their own: no other work needs them.
$(MUTATE): $(READY) infra/lock/mutate.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r infra/lock/mutate.lock
	@touch $(MUTATE)

# An environment of its own: the tests' environment does not grow by what only the site needs.
$(DOCS_READY): infra/lock/docs.lock
	@echo "facepay: preparing .venv-docs (once)"
	@$(PYTHON) -m venv .venv-docs
	@.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r infra/lock/docs.lock
	@touch $(DOCS_READY)
