# make demo   sets everything up and runs three iterations on Redraft's own documentation
# make review sets everything up and starts the review page; after `make demo`, with what the demo made
# make test   sets everything up and runs the tests
# make check  format, lint, types, import rules
# make clean  forgets all local runs (.redraft/); the environment stays
# make distclean  the environment too

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# exits with 3 if somebody works in the folder of local runs, with 4 if it holds ratings that no server has yet
define IN_USE
import pathlib, sys
from redraft.cli.holding import holder_of
home = pathlib.Path(".redraft")
if holder_of(home) or holder_of(home / "review"):
    sys.exit(3)
sys.exit(4 if any(path.is_file() and path.stat().st_size for path in home.glob("journal/*/*")) else 0)
endef
export IN_USE

.DEFAULT_GOAL := help
.PHONY: help setup demo review test check format clean distclean

help:
	@sed -n 's/^# make/make/p' $(MAKEFILE_LIST)

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Redraft needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version 2>&1). Remedy: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments. Remedy: install the package python3-venv"; exit 2; }
	@echo "setting up $(VENV) (once; a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV) # what runs in it goes on while it is renewed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/redraft demo

review: $(READY)
	@$(BIN)/redraft review

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:
	@$(BIN)/python -c "$$IN_USE" 2>/dev/null; case $$? in \
	  3) echo ".redraft is in use by a page or a run. Remedy: end that first"; exit 2;; \
	  4) echo ".redraft/journal holds ratings that no server has yet. Remedy: make review sends them; or delete it"; exit 2;; \
	  esac
	@rm -rf .redraft

distclean: clean
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
