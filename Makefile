# Everything is run from here. `make` alone lists what there is.
# Needed: make and Python 3.11 or newer (another than python3: make test PYTHON=/path/to/python3.12).
# Every target makes .venv from requirements.lock first, once for each content of the lock.

PYTHON  ?= python3
VENV    ?= .venv
OUT     ?= build
WORKERS ?= 2
ARGS    ?=

BIN    := $(VENV)/bin
READY  := $(VENV)/ready
SHAPES := $(VENV)/ready-shapefiles
# a test worker uses one core; the notebooks' kernels share the cores by themselves
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest
SPREAD := -n $(WORKERS) --dist loadfile

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help replicate test test-slow test-all acceptance teaching teaching-list lint format bench monte-carlo shapefiles lock clean distclean

help: ## List the targets
	@echo "Usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

replicate: $(READY) ## Run the notebooks in analyses/; tables, figures and a site go to build/
	$(BIN)/toolkit replicate --out $(OUT) $(ARGS)

test: $(READY) ## Run the quick tests (a few minutes)
	$(PYTEST) $(SPREAD) -m "not slow and not acceptance" $(ARGS)

test-slow: $(READY) ## Run the slow tests only
	$(PYTEST) $(SPREAD) -m "slow and not acceptance" $(ARGS)

test-all: $(READY) ## Run quick and slow tests
	$(PYTEST) $(SPREAD) -m "not acceptance" $(ARGS)

acceptance: replicate ## Look at build/ as a reader would; needs pdflatex and chromium
	$(PYTEST) -m acceptance $(ARGS)

teaching: $(READY) ## Make the students' exercises in build/teaching; grade solutions and blank notebooks
	$(ONE_THREAD) $(BIN)/python -m toolkit.teaching --out $(OUT)/teaching $(ARGS)

teaching-list: $(READY) ## Write the list of exercises in analyses/teaching/README.md again
	$(BIN)/python -m toolkit.teaching --write-list

lint: $(READY) ## Check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

monte-carlo: $(READY) ## Simulate the dynamic panel and write docs/monte_carlo.md (minutes)
	$(ONE_THREAD) $(BIN)/python tests/benchmarks/monte_carlo_dynamic.py $(ARGS)

bench: $(READY) ## Time the main operations
	$(ONE_THREAD) $(BIN)/python tests/benchmarks/run.py $(ARGS)

shapefiles: $(SHAPES) ## Make the province polygons again from their source (a 77 MB package)
	$(BIN)/python shapefiles/make_provinces.py $(ARGS)

lock: ## Resolve requirements.lock again (needs uv)
	uv pip compile pyproject.toml --extra dev --extra teaching --extra cluster --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean: ## Remove what was made, but not .venv
	rm -rf $(OUT) .$(OUT)-* dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find toolkit tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove .venv as well
	rm -rf $(VENV)

# .venv/ready is a copy of the lock it was made from: a lock that is newer but says the same is no reason to install.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
		echo "Name another: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@cmp -s requirements.lock $@ || { echo "Installing requirements.lock into $(VENV)" && \
		$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@cp requirements.lock $@

$(SHAPES): $(READY) shapefiles/requirements.lock
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --require-hashes -r shapefiles/requirements.lock
	@touch $@
