# Everything a newcomer, a developer and CI need. `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
LINTS  := lint-code lint-format lint-types lint-imports lint-schemas lint-pages lint-outcomes lint-definitions lint-dependencies

.DEFAULT_GOAL := help
.PHONY: help install demo run test snapshots lint $(LINTS) format bench fuzz image generate clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null || grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST)

install: $(READY) ## build .venv with everything in it

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tocsin needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; about a minute) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY) ## watch a failing check become HTTP messages at a real receiver
	@$(BIN)/python -m demo

run: $(READY) ## run a dispatcher to play with on http://127.0.0.1:8737
	@$(BIN)/python -m demo.playground

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest -n auto --dist worksteal --durations=10 --durations-min=0.1 $(ARGS)

snapshots: $(READY) ## accept the messages that the definitions give now
	@$(BIN)/python -m pytest -q definitions --snapshot-update

lint: $(READY) ## ruff, mypy, import-linter, generated files up to date
	@$(MAKE) --no-print-directory --keep-going --output-sync=target --jobs $(LINTS)

lint-code:
	@$(BIN)/ruff check .

lint-format:
	@$(BIN)/ruff format --check .

lint-types:
	@$(BIN)/mypy --num-workers auto

lint-imports:
	@$(BIN)/lint-imports --no-cache

lint-schemas:
	@$(BIN)/tocsin schema --output schema --check

lint-pages:
	@$(BIN)/python -m tools.rule_pages --check docs/rules tests/rules/cases

lint-outcomes:
	@$(BIN)/python -m tools.outcome_table --check docs/operations.md

lint-definitions:
	@$(BIN)/tocsin validate

lint-dependencies:
	@$(BIN)/python -m pip check --quiet --disable-pip-version-check
	@$(BIN)/python -m tools.dependencies

format: $(READY) ## format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: $(READY) ## measure validate beside check-jsonschema, deliveries beside Alertmanager, to receivers that are dead, busy and back
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@$(BIN)/python -m benchmarks.validate
	@$(BIN)/python -m benchmarks.deliveries
	@$(BIN)/python -m benchmarks.open_incidents
	@PATH=$(BIN):$$PATH $(BIN)/python -m benchmarks.profile
	@$(BIN)/python -m benchmarks.dead_receiver
	@$(BIN)/python -m benchmarks.busy_receiver
	@$(BIN)/python -m benchmarks.receiver_back

fuzz: $(READY) ## look for inputs that break something: 5 minutes, or ARGS="--hours 8"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[fuzz]' || echo "atheris can't be installed here: hypothesis alone looks" >&2
	@$(BIN)/python -m tests.fuzz $(ARGS)

image: $(READY) ## build the container image with docker or podman, and try it
	@$(BIN)/python -m tests.image $(ARGS)

generate: $(READY) ## write the generated files anew: schemas, the pages of rules, the table of outcomes
	@$(BIN)/tocsin schema --output schema
	@$(BIN)/tocsin rule --format markdown > docs/rules.md
	@$(BIN)/python -m tools.rule_pages docs/rules tests/rules/cases
	@$(BIN)/python -m tools.outcome_table docs/operations.md

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz
