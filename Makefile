.DEFAULT_GOAL := help
PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done))
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# Compiled once instead of at every start, and beside the environment, so that the tree stays clean.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test coverage check bench assurance packages lock clean sharepoint forge

help:  ## what can be done here
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Resonanz needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; }
	@echo "Setting up the locked environment in $(VENV) (once) …"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { \
		echo "Python could not make a virtual environment (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP)  ## the locked environment in .venv

demo: $(STAMP)  ## a synthetic company, collected over HTTP, on http://127.0.0.1:8080
	@$(BIN)/resonanz demo

test: $(STAMP) packages  ## every test
	@$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder

coverage: $(STAMP)  ## share of lines and branches that tests reach, of one folder: make coverage of=tests/files
	@$(BIN)/pytest -q --cov --cov-report=term:skip-covered $(of)
	@rm -f .coverage

check: $(STAMP)  ## style, types, layers, migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_contracts.py

bench: $(STAMP)  ## figures, printed as ratios
	@$(BIN)/python -m benchmarks

assurance: $(STAMP) packages  ## measures what takes too long for the tests (hours), into docs/assurance.md: make assurance of="L1 R3"
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements-assurance.lock
	@$(BIN)/python -m benchmarks.assurance $(of)

sharepoint:  ## the package for SharePoint and Teams (needs npm, 1.1 GB, some minutes)
	@sh integrations/sharepoint/build.sh

forge:  ## checks the app for Confluence Cloud, without an account (needs npm)
	@cd integrations/forge/test && npm ci --ignore-scripts --silent && npm test --silent

packages:
	@sh tests/install_packages.sh

lock: $(STAMP)  ## resolve the dependencies anew into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --upgrade --quiet \
		--no-header --no-emit-index-url -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --constraint requirements.lock --universal --generate-hashes --quiet \
		--no-header --no-emit-index-url -o requirements-runtime.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --group assurance --constraint requirements.lock --universal --generate-hashes --quiet \
		--no-header --no-emit-index-url -o requirements-assurance.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
