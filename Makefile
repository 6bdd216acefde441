# Every target says what it does; `make` alone prints them. WORKERS is how many run tests at once; SEED and N are
# for fuzz; BENCH=full measures beside a million settled rows. OPTIONS are those of `askbridge dev` (docs/commands.md),
# for instance: make dev OPTIONS="--replicas 3"
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 4
SEED ?= $(shell date +%s)
N ?= 20
BENCH ?= default
FRESH ?=
OPTIONS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo dev test fuzz wheel bench pictures check format lock schema docs sql clean

help: ## Print this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(VENV)/runtime ## Run everything on this machine and ask you something in a sandbox Slack
	@$(BIN)/python -P -m sandbox.demo

dev: $(VENV)/runtime ## Run the same with one replica, and keep ports, API key and data in .dev/; FRESH=1 starts anew
	@exec $(BIN)/askbridge dev --data "$$($(BIN)/python -m sandbox.data_folder .dev)" $(if $(filter-out 0,$(FRESH)),--fresh) $(OPTIONS)

test: $(VENV)/dev ## Run all tests, against a real PostgreSQL of their own
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

fuzz: $(VENV)/dev ## Try N times as much bad input as the tests do, made from a SEED, and say what was tried
	@echo "the same again: make fuzz SEED=$(SEED) N=$(N)"
	@ASKBRIDGE_FUZZ_SEED=$(SEED) ASKBRIDGE_FUZZ_TIMES=$(N) $(BIN)/python -m pytest tests/generated --quiet --capture=no

wheel: $(VENV)/runtime ## Build the package into dist/, to install with pip
	@rm -rf dist
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

bench: $(VENV)/dev ## Measure it against bare parts, and write docs/performance.md; two to three minutes
	@$(BIN)/python -m bench $(BENCH)

check: $(VENV)/dev ## Check form, types and the direction of imports
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || (cat $(VENV)/imports.log; exit 1)
	@echo "form, types and imports are as they should be"

format: $(VENV)/dev ## Bring the code into form
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

lock: $(VENV)/dev ## Choose newest versions of all dependencies and pin them with their hashes
	@$(PIP) install uv
	@$(BIN)/uv pip compile pyproject.toml --upgrade --extra sandbox --group build $(LOCK) --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --upgrade --extra sandbox --group dev $(LOCK) --output-file requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

sql: $(VENV)/dev ## Print the statement NAME (interactions.claim) as it is sent, to try it in psql
	@$(BIN)/python -m storage.statements $(NAME)

schema: $(VENV)/dev ## Write sql/schema.sql anew from the migrations
	@$(BIN)/python -m tests.storage.rewrite_schema

docs: $(VENV)/dev ## Write anew what the docs repeat of the code
	@$(BIN)/python -m tests.docs.rewrite

pictures: $(VENV)/dev ## Take the docs' pictures anew (needs an emoji font); ALBUM=folder takes every card and form too
	@mkdir -p docs/pictures $(ALBUM)
	@$(BIN)/python -m tests.pictures $(ALBUM)

clean: ## Remove what was installed and cached here
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "askbridge needs Python 3.11 or newer; try: make PYTHON=python3.12 …")'
	@echo "making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what askbridge needs, which takes a minute or two at first …"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@echo "installing what its tests need, which takes about as long …"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@
