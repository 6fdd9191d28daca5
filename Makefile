# Each target is one command that you could type yourself. `make demo` and `make test` need Python 3.11+, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c .ci/constraints.txt -e

.DEFAULT_GOAL := help
.PHONY: help setup sandbox browser oracle demo lab test test-slow test-browser lint build verify mutation bench bench-grading clean

help:
	@echo "make demo           set up, then build, verify and grade a class of 40; leaves a report and feedback"
	@echo "make test           set up, then run the tests"
	@echo "make lab            open the notebooks in JupyterLab"
	@echo "make build          build notebooks/ from solutions/;  make verify proves the checks"
	@echo "make mutation       make slips in the references: how many do the checks catch? (minutes)"
	@echo "make lint           ruff"
	@echo "make bench          time mlcore beside training steps written by hand in NumPy, and weigh its memory"
	@echo "make bench-grading  time this grader beside plain nbgrader"
	@echo "make test-slow, test-browser, clean"

setup: $(READY)
$(READY): pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3 …"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(INSTALL) '.[grading,data,test]'
	@touch $(READY)

# bubblewrap locks student code in; there is no package of it for pip
sandbox:
	@.ci/install-system-package bwrap bubblewrap

browser:
	@.ci/install-system-package chromium chromium
	@$(INSTALL) '.[browser]'

# PyTorch, for the tests that compare mlcore with it; they are skipped where it is missing
oracle: setup
	$(INSTALL) '.[oracle]'

demo: setup sandbox
	$(BIN)/mlcourse demo

lab: setup
	$(BIN)/jupyter lab notebooks

test: setup sandbox
	$(BIN)/python -m pytest -n 2 --dist loadscope

test-slow: setup sandbox
	$(BIN)/python -m pytest -m slow

test-browser: setup sandbox browser
	$(BIN)/python -m pytest -m browser

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

build: setup
	$(BIN)/mlcourse build

verify: setup sandbox
	$(BIN)/mlcourse verify

mutation: setup sandbox
	$(BIN)/mlcourse mutate

bench: setup
	$(BIN)/python tests/benchmarks

bench-grading: setup sandbox
	$(BIN)/python tests/benchmarks/grading_speed.py

clean:
	rm -rf build $(VENV) *.egg-info .pytest_cache .ruff_cache .hypothesis
