# Two commands do everything: `make demo` and `make test`. Each sets up what it needs in .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test lint format docs reference lock airflow attacks bench fuzz compat clean

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest
WORKERS ?= 2
COMPAT_TESTS := pytest pytest-xdist pytest-randomly hypothesis sybil

help: ## Show what there is to do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: .venv/demo.done ## Set up, run the example DAGs on the sample Posts, show where the map and the review site are
	$(BIN)/python -m governance.adapters.demo

test: .venv/dev.done ## Set up, then run every test
	$(PYTEST) -n $(WORKERS) --dist loadgroup

lint: .venv/dev.done ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check
	$(BIN)/lint-imports

format: .venv/dev.done ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev.done ## Build the documentation into site/
	$(BIN)/mkdocs build --strict

airflow: .venv/demo.done ## Start a guarded Airflow with the example DAGs; prints the address and a login
	$(BIN)/python -m governance.adapters.airflow.standalone

attacks: .venv/dev.done ## Attack published maps with each defence up and down, and print the table
	$(BIN)/python -m tests.attacks.table docs/explanation/attacks.md

bench: .venv/dev.done ## Measure against the floor and against peers; takes long, prints ratios and peak memory
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/gate.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python -m benchmarks.heat_map 10_000_000
	$(BIN)/python -m benchmarks.heat_map_windows
	$(BIN)/python -m benchmarks.heat_map_utility 1_000_000

fuzz: .venv/dev.done ## The long random tests: 100,000 pairs against the oracle of matching
	MATCH_ORACLE_PAIRS=100000 $(PYTEST) tests/matching -k oracle -n $(WORKERS)

compat: .venv/dev.done ## Run the guards' tests on older Airflows, each in an environment of its own (needs uv)
	uv venv -q -p $(BIN)/python .venv-3.1
	uv pip install -q --python .venv-3.1/bin/python 'apache-airflow==3.1.*' -e '.[airflow,gx]' $(COMPAT_TESTS)
	.venv-3.1/bin/pytest tests/airflow/test_static_policy.py tests/airflow/test_worker_guard.py tests/airflow/test_common_dags.py
	uv venv -q -p $(BIN)/python .venv-3.2
	uv pip install -q --python .venv-3.2/bin/python 'apache-airflow==3.2.*' -e '.[airflow,gx]' $(COMPAT_TESTS) \
	  'cadwyn<6.1' 'fastapi<0.130' 'starlette<1' 'sqlalchemy<2.1' 'pydantic<2.13'
	.venv-3.2/bin/pytest tests/airflow/test_static_policy.py tests/airflow/test_worker_guard.py tests/airflow/test_common_dags.py

reference: .venv/dev.done ## Renew the reference pages that are made from the code
	$(BIN)/python tools/make_reference.py
	$(BIN)/python tools/draw_layers.py docs/images/layers.svg

lock: ## Renew requirements.lock
	uv pip compile --universal --python-version 3.11 --all-extras --no-emit-index-url --no-annotate --upgrade \
	  --custom-compile-command 'make lock' -o requirements.lock pyproject.toml

clean: ## Remove what was built, the virtual environment included
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache site build dist

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

.venv/demo.done: .venv/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet -c requirements.lock -e '.[demo]'
	@touch $@

.venv/dev.done: .venv/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet -c requirements.lock -e '.[dev]'
	@touch $@ .venv/demo.done
