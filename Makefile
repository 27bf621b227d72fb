# Each target sets up what it needs by itself and does nothing twice. Required: make and Python 3.11 to 3.14.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tools that look at the environment are no part of it.
AUDIT := $(VENV)/audit
# The first of these that runs and fits; `make PYTHON=/path/to/python3.12 demo` names another.
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in $(PYTHONS); do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)

# The tests of a file share what is expensive, so that a file goes to one worker; conftest.py sorts the files.
TESTS := $(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo dev test test-nightly test-load chaos lint docs schema lock bench bench-quick bench-load sbom audit clean

demo: $(READY)
	$(BIN)/jobmatch demo

dev: $(READY)
	$(BIN)/jobmatch dev --demo

test: $(READY) lint
	$(TESTS)

# Long property runs, kills at every statement, the tour of the UI.
test-nightly: $(READY)
	$(TESTS) -m nightly

# Faults at every point of the work (most of an hour); writes the table of faults to build/chaos.md.
chaos: $(READY)
	$(BIN)/pytest -q -m "chaos or not chaos" jobmatch_dagster_tests/chaos

# Large volumes; they measure, so that one runs at a time.
test-load: $(READY)
	$(BIN)/pytest -q -s -m load

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry jobmatch_dagster
	$(BIN)/deptry jobmatch_dagster_tests tools --ignore DEP002,DEP004
	$(BIN)/python -m tools.lock --check
	$(BIN)/python -m tools.english

# Writes docs/configuration.md and .env.example from the settings.
docs: $(READY)
	$(BIN)/python -m tools.configuration

# Writes the recorded schema of the tests from the migrations.
schema: $(READY)
	$(BIN)/python -m tools.schema

# Writes constraints.txt from what is installed.
lock: $(READY)
	$(BIN)/python -m tools.lock

# Writes bench/results.json and docs/performance.md; the machine should do nothing else meanwhile.
bench: $(READY)
	$(BIN)/python -m jobmatch_dagster.bench

# Shows in a minute that every measurement runs; its figures say nothing.
bench-quick: $(READY)
	$(BIN)/python -m jobmatch_dagster.bench --quick

# At full size, most of an hour.
bench-load: $(READY)
	$(BIN)/python -m jobmatch_dagster.bench --load

# Writes dist/sbom.cdx.json: every installed package with version, license and what it requires (CycloneDX 1.6).
sbom: $(READY) $(AUDIT)/.ready
	mkdir -p dist
	$(AUDIT)/bin/cyclonedx-py environment --spec-version 1.6 --output-reproducible --pyproject pyproject.toml \
	  --output-file dist/sbom.cdx.json $(BIN)/python

# Compares constraints.txt with the advisories that are known; needs the network. A package that cannot be looked up is
# a failure, not a pass.
audit: $(AUDIT)/.ready
	$(AUDIT)/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement constraints.txt

$(AUDIT)/.ready: tools/audit.txt | $(READY)
	$(BIN)/python -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --requirement tools/audit.txt
	touch $@

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' || { echo "Python 3.11 to 3.14 is needed; name one: make PYTHON=/path/to/python3.12 demo" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (some minutes the first time) ..."
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .jobmatch
