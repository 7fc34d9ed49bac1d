# Everything starts here: `make run`, `make demo`, `make test`. Needs Python ≥ 3.11 and nothing else set up first.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

PLAN_OR_MAKE = $(if $(GO),make,plan)

.PHONY: help install run demo test soak check format bench clean lock release openapi supply sbom advisories images

help: ## what can be done here
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## the environment, from the lock file (the others do this by themselves)

run: $(STAMP) ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/kuayu up

demo: $(STAMP) ## sample cases through all three partner networks, to the end
	@exec $(BIN)/python -m demo

check: $(STAMP) ## formatting, lint, types, import rules, supply chain
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.supply
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

supply: $(STAMP) ## renew what is written of the supply chain: licences, docs/third-party.md, docs/sbom.cdx.json
	@$(BIN)/python -m deploy.supply.licences record
	@$(BIN)/python -m deploy.supply.sbom write

sbom: $(STAMP) ## renew the bill of materials, docs/sbom.cdx.json
	@$(BIN)/python -m deploy.supply.sbom write

advisories: $(STAMP) ## renew the dated copy of advisories from ADVISORIES_URL, or FROM=folder of OSV's archives
	@$(BIN)/python -m deploy.supply.advisories take $(FROM)

images: $(STAMP) ## ask the registry for the images' digests and write them down; needs docker
	@$(BIN)/python -m deploy.supply.images fill

COMPILE := $(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes \
  --no-emit-index-url --no-header --quiet

lock: $(STAMP) ## renew the lock files and .env.example; UPGRADE=--upgrade for newer versions; then: make supply
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r deploy/locking.lock
	$(COMPILE) pyproject.toml $(UPGRADE) --extra link --extra dev --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra link --constraint requirements.lock --output-file deploy/requirements.lock
	echo uv | $(COMPILE) $(UPGRADE) --no-annotate --output-file deploy/locking.lock -
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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
