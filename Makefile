# The two commands of a newcomer are `make demo` and `make test`; each sets up what it needs in .venv first.
#
#   make demo      everything on this machine; PORT=8000 DATA_DIR=.cer RESET=1 (RESET begins with fresh data)
#   make test      all tests, in parallel and random order, on a PostgreSQL of their own; ARGS=… goes to pytest
#   make lint      ruff, mypy, import-linter
#   make bench-messages   messages out and in per second, beside a plain Celery worker
#   make bench-dialogs    how well patients are understood, with confusion tables
#   make bench-forecast   whether the estimated dates hold, on invented histories (python -m tests.bench.many_dates: how long)
#   make bench-voice      calls at the socket of the running service, in real time; ARGS="--pipecat X/bin/python" measures pipecat beside it
#   make bench-ears       how soon and how well callers are heard, in audio time; ARGS="--corpus FOLDER" adds recorded voices
#   make bench-console    the console over a year's log of ten million messages (half an hour; ARGS="--messages 100000" for a look,
#                       "--data DIR" keeps the log, "--only search" asks that alone)
#   make bench-crowd      200 operators on the live log and 1,000 chats at once
#   make bench-registry   the night, a freed slot and contended bookings with a million waiting
#   make training  add what teaching and judging voice models needs (torch: slow); then no test of it is skipped
#   make rasa-check RASA=…/bin/rasa   the stories' decisions on a real Rasa 3.6.21 (an environment of its own, Python 3.10)
#   make revision MESSAGE=…   write a migration from the models' changes, for review
#   make screenshots      every page of console and chat in chromium, wide and narrow, light and dark, under build/screenshots
#   make lock      resolve the dependencies anew
#   make clean     remove .venv, caches and .cer
#
# PYTHON=… chooses an interpreter (3.11 to 3.13).

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3; do \
	"$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo "$$candidate" && break; done)

ifdef RASA
rasa-check: export RASA := $(RASA)
endif
ifdef PORT
demo: export CER_PORT = $(PORT)
endif
ifdef DATA_DIR
demo: export CER_DATA_DIR = $(DATA_DIR)
endif

.PHONY: screenshots demo test lint lock training rasa-check revision bench-messages bench-dialogs bench-registry bench-voice bench-ears bench-forecast bench-console bench-crowd clean
.DELETE_ON_ERROR:

demo: $(VENV)/runtime.stamp
	@exec $(BIN)/cer demo $(if $(filter-out 0,$(RESET)),--reset)

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

OPERATORS := tests/channels/operators
PICTURED := $(OPERATORS)/test_own_data.py::test_an_administrator_hands_over_and_erases_in_a_browser \
	$(OPERATORS)/test_problem_pages.py::test_problem_pages_fit_and_are_readable \
	$(OPERATORS)/oidc/test_leaving.py::test_a_real_browser_is_logged_out_here_and_there

screenshots: $(VENV)/dev.stamp
	@mkdir -p build
	@CER_PICTURES=1 $(BIN)/python -m pytest tests/channels/operators/test_browser.py tests/browser $(PICTURED) --basetemp build/screenshots $(ARGS)
	@find build/screenshots -name '*.png' | sort

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

training: $(VENV)/training.stamp

bench-messages: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.messages $(ARGS)

bench-dialogs: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.dialogs.bench $(ARGS)

bench-forecast: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.forecast $(ARGS)

bench-voice: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.voice.socket $(ARGS)

bench-ears: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.voice $(ARGS)

bench-registry: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.registry $(ARGS)

bench-console: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.console $(ARGS)

bench-crowd: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench.crowd $(ARGS)

rasa-check: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.stories.rasa_check

revision: $(VENV)/dev.stamp
	@test -n "$(MESSAGE)" || { echo 'make revision: say what changes, MESSAGE="…"' >&2; exit 2; }
	@data=$$(mktemp -d) && trap 'rm -rf "$$data"' EXIT && \
		CER_DATA_DIR="$$data/data" $(BIN)/cer migrate --new-revision "$(MESSAGE)"
	@$(BIN)/ruff format --quiet registry/migrations/versions
	@git status --short registry/migrations/versions

# What is installed is exactly what the lock files name, hash by hash; nothing is resolved on the way.
$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what cer needs (once, some minutes)…"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what cer and its tests need (once, some minutes)…"
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/runtime.stamp  # it holds all that `make demo` needs

# Versions without hashes: which build of torch fits (processor only, graphics cards) differs from machine to machine.
$(VENV)/training.stamp: requirements-training.txt $(VENV)/dev.stamp
	@echo "Installing what the training of voice models needs…"
	$(PIP) install --quiet -r requirements-training.txt
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "cer needs Python 3.11, 3.12 or 3.13 and found none; install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "cer needs Python 3.11, 3.12 or 3.13; $(PYTHON) is another" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu install its package python3-venv" >&2; exit 1; }
	@echo "Creating the virtual environment with $(PYTHON)…"
	@rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV)

# The lock files name no registry: whoever installs uses the one that his pip is set to.
UV_COMPILE = "$$tools/bin/uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet --extra build

lock: | $(VENV)/bin/python
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
		$(BIN)/python -m venv "$$tools" && "$$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv && \
		$(UV_COMPILE) -o requirements.lock && $(UV_COMPILE) --extra dev -o requirements-dev.lock
	@git diff --stat requirements.lock requirements-dev.lock

clean:
	rm -rf $(VENV) .cer build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
