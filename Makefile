# Everything starts here: `make run`, `make demo`, `make test`. Needs Python ≥ 3.11 and nothing else set up first.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

PLAN_OR_MAKE = $(if $(GO),make,plan)

.PHONY: help install run demo test soak check format bench clean lock release openapi

help: ## what can be done here
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## the environment, from the lock file (the others do this by themselves)

run: $(STAMP) ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/kuayu up

demo: $(STAMP) ## sample cases through all three partner networks, to the end
	@exec $(BIN)/python -m demo

check: $(STAMP) ## formatting, lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(PYTEST) -q tests/unit/house

test: $(STAMP) ## all tests but the long ones
	@sh tests/setup.sh
	$(PYTEST) -m "not soak" -n 2 --dist loadfile --ignore tests/bench
	$(PYTEST) tests/bench  # alone: whole systems under load would make others wait

soak: $(STAMP) ## the long tests
	@sh tests/setup.sh
	$(PYTEST) -m "soak and e2e"
	$(PYTEST) -m "soak and not e2e" -n 2 --dist loadfile

bench: $(STAMP) ## the benchmarks, one JSON file each under bench/results/
	@exec $(BIN)/python -m bench

openapi: $(STAMP) ## renew docs/openapi.json
	@$(BIN)/python -m web.published > docs/openapi.json

format: $(STAMP) ## mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes \
  --no-emit-index-url --no-header --quiet

lock: $(STAMP) ## renew both lock files and .env.example; UPGRADE=--upgrade for newer versions
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) $(UPGRADE) --extra link --extra dev --output-file requirements.lock
	$(COMPILE) --extra link --constraint requirements.lock --output-file deploy/requirements.lock
	$(BIN)/python -m runtime.env_example > .env.example

release: $(STAMP) ## what a release of VERSION would do; with GO=1: commit and tag it
	@$(BIN)/python deploy/release.py $(PLAN_OR_MAKE) "$(VERSION)"

clean: ## everything that can be made again; never DATA_DIR
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The project is linked, not copied, so that a change counts at once; its build tool comes from the lock file too.
$(STAMP): requirements.lock pyproject.toml deploy/find-python.sh
	@test -x $(BIN)/python || { \
	  python=$$(sh deploy/find-python.sh) && echo "making $(VENV) with $$python" && $$python -m venv $(VENV); }
	@echo "installing requirements.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
