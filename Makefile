# IGF-1 and the gut, claim by claim. `make` alone lists what can be done.
# Each target makes the environment it needs; a second run finds its stamp and starts at once.

PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
AXE = tests/browser/node_modules/made.stamp

.PHONY: help lab web web-pages web-serve class test test-web-all lint bench bench-grading bench-class exercises tidy clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

# In a container or codespace one is often root, where Jupyter refuses to start unless told.
UID = $(shell id -u)
AS_ROOT = $(if $(filter 0,$(UID)),--allow-root)

lab: $(VENV)/lab.stamp ## set up and open lesson 0 in JupyterLab
	@echo "Opening lesson 0 in JupyterLab (a few seconds). It listens on this machine only; stop it with Ctrl-C."
	@if [ -n "$(AS_ROOT)" ]; then echo "You are root here, so Jupyter starts with $(AS_ROOT)."; fi
	$(BIN)/jupyter lab $(AS_ROOT) --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

web-serve: $(VENV)/web.stamp ## serve the course as pages on this machine, and build them if they are missing
	@[ -e site/index.html ] || $(MAKE) --no-print-directory web-pages
	@$(BIN)/python -m igf1lab.web serve

web-pages: $(VENV)/web.stamp ## build the course as pages into site/
	$(BIN)/python -m igf1lab.web pages

web: $(VENV)/web.stamp ## the pages, and live code in the browser beside them (fetches Pyodide once)
	$(BIN)/python -m igf1lab.web lite
	$(BIN)/python -m igf1lab.web pages

class: $(VENV)/class.stamp ## start a class: live votes on the course's questions from this machine
	@[ -e site/index.html ] || $(MAKE) --no-print-directory web-pages
	@$(BIN)/python -m igf1lab.classroom

test-web-all: $(VENV)/test.stamp ## run all 23 notebooks with Python in the browser (some minutes)
	IGF1LAB_ALL_LIVE=1 $(BIN)/python -m pytest -n0 tests/web/test_live.py

test: $(VENV)/test.stamp $(AXE) ## set up and run the whole test suite, browser tests where Chromium is found
	$(BIN)/python -m pytest

lint: $(VENV)/test.stamp ## check code and notebooks with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/test.stamp ## print the table of latencies, solve times and memory
	$(BIN)/python -m benchmarks

bench-grading: $(VENV)/test.stamp ## time our grading beside stock nbgrader
	$(BIN)/python -m benchmarks.grading

bench-class: $(VENV)/test.stamp ## load a class with 300 learners on this machine
	$(BIN)/python -m benchmarks.classroom

exercises: $(VENV)/test.stamp ## generate exercises/ from solutions/
	$(BIN)/python -m igf1lab.exercises.generate

tidy: $(VENV)/test.stamp ## strip stored outputs from the lessons
	$(BIN)/python tools/tidy_notebooks.py

clean: ## remove the environment, caches and test results
	rm -rf $(VENV) site .pytest_cache .ruff_cache .hypothesis test-results tests/browser/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment itself. Python is checked first, so that an old one gets a sentence, not a traceback.
$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This course needs Python 3.11 or newer, and '$(PYTHON)' is not."; \
	  echo "Install one from python.org, then: make lab PYTHON=python3.12 (its name on your machine)"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make the environment. On Debian or Ubuntu: sudo apt install python3-venv"; \
	  exit 1; }
	@touch $@

PIP = $(BIN)/python -m pip install --disable-pip-version-check --no-input
# pip tells what it does, a line a package; then the course itself is put beside what it needs.
install = @echo "Setting up the course's own environment in $(VENV): about a minute the first time, $(2) packages."; \
	$(PIP) -r $(1) && $(PIP) --quiet --no-deps -e .

$(VENV)/lab.stamp: $(VENV)/made.stamp requirements.txt pyproject.toml
	$(call install,requirements.txt,$(shell grep -c '==' requirements.txt))
	@touch $@

$(VENV)/web.stamp: $(VENV)/made.stamp requirements-web.txt pyproject.toml
	$(call install,requirements-web.txt,$(shell grep -c '==' requirements-web.txt))
	@touch $@

$(VENV)/class.stamp: $(VENV)/made.stamp requirements-classroom.txt pyproject.toml
	$(call install,requirements-classroom.txt,$(shell grep -c '==' requirements-classroom.txt))
	@touch $@ $(VENV)/web.stamp

# The larger set holds the learner's, so all stamps are earned.
$(VENV)/test.stamp: $(VENV)/made.stamp requirements-test.txt pyproject.toml
	$(call install,requirements-test.txt,$(shell grep -c '==' requirements-test.txt))
	@touch $@ $(VENV)/lab.stamp $(VENV)/web.stamp $(VENV)/class.stamp

# The accessibility engine of the browser tests; without npm those tests say that they are skipped.
$(AXE): tests/browser/package-lock.json
	@if command -v npm >/dev/null; then cd tests/browser && npm ci --silent && touch node_modules/made.stamp; \
	else echo "npm is not installed: the accessibility tests will be skipped"; fi
