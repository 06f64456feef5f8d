# One door for everything a person does with a checkout. `make` alone lists the targets.

VENV    := .venv
BIN     := $(VENV)/bin
PYTHON  ?= python3.13 python3.12 python3.11 python3
# Tests also wait, for processes and for servers that end: one more than a small machine has cores.
WORKERS ?= 3
ARGS    ?=

# The environment belongs to this checkout alone: nothing installed or configured for the user leaks in.
unexport PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_ROOT
# Without bytecode on disk every command and every process of a test compiles four hundred modules first.
unexport PYTHONDONTWRITEBYTECODE
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Made anew after the checkout was moved or copied (scripts carry the old path) or its interpreter went away.
ifneq ($(shell test -x $(BIN)/python && cat $(VENV)/home),$(CURDIR))
$(VENV)/home: elsewhere
endif

PIP_INSTALL := $(BIN)/python -m pip install --quiet -c requirements/constraints.txt
CHECKS      := format lint types imports security sizes docs

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test check $(CHECKS:%=check-%) bench docs translations screenshots format wheel lock clean elsewhere

help: ## List the targets
	@echo 'make TARGET [ARGS="…"]'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1 \2/p' Makefile | awk '{ t = $$1; $$1 = ""; printf "  %-8s%s\n", t, $$0 }'

run: $(VENV)/runtime ## Start Tonearm on http://127.0.0.1:8420
	@$(BIN)/tonearm serve $(ARGS)

demo: $(VENV)/runtime ## Start Tonearm with a generated listener, in a data folder of its own
	@$(BIN)/tonearm demo $(ARGS)

test: $(VENV)/dev ## Run every test; fewer with ARGS="-m 'not slow' tests/unit"
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(CHECKS:%=check-%) ## Format, lint, types, import contracts, security, size caps, documents

check-format: $(VENV)/dev
	$(BIN)/ruff format --check

check-lint: $(VENV)/dev
	$(BIN)/ruff check

check-types: $(VENV)/dev
	$(BIN)/mypy

check-imports: $(VENV)/dev
	$(BIN)/lint-imports

check-security: $(VENV)/dev
	$(BIN)/bandit --quiet --recursive src --configfile pyproject.toml --severity-level medium

check-sizes: $(VENV)/dev
	$(BIN)/python -m pytest --quiet tests/contracts/test_size_caps.py tests/contracts/test_words.py

check-docs: $(VENV)/dev
	$(BIN)/python -m tools.reference --check

docs: $(VENV)/dev ## Write the generated pages of docs/reference anew
	$(BIN)/python -m tools.reference

translations: $(VENV)/dev ## Bring the catalogues of languages up to date, and tell what is not translated
	$(BIN)/python -m tools.translations

screenshots: $(VENV)/dev ## Take the pictures of docs/screenshots anew; ARGS names some of them
	$(BIN)/python -m tools.screenshots $(ARGS)

bench: $(VENV)/dev ## Run the benchmarks
	$(BIN)/python benchmarks/run.py $(ARGS)

format: $(VENV)/dev ## Format the code and repair what the linter can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(VENV)/dev ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

lock: ## Resolve all dependencies anew into requirements/constraints.txt
	@PYTHON='$(PYTHON)' requirements/lock

clean: ## Remove the environment, caches and builds; never your data
	rm -rf $(VENV) dist build htmlcov .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests benchmarks tools -type d -name __pycache__ -prune -exec rm -rf {} +

elsewhere:

$(VENV)/home:
	@python=$$(requirements/find-python $(PYTHON)) && \
	echo "Making $(VENV) with $$python" && \
	"$$python" -m venv --clear $(VENV)
	@printf '%s' '$(CURDIR)' > $@

$(VENV)/runtime: $(VENV)/home pyproject.toml requirements/constraints.txt
	@echo 'Installing Tonearm and what it needs into $(VENV)'
	@$(PIP_INSTALL) --editable .
	@touch $@

# pip reads dependency groups since 25.1; hatchling builds the wheel without a second environment.
$(VENV)/dev: $(VENV)/runtime
	@echo 'Installing the development tools into $(VENV)'
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(PIP_INSTALL) --group dev hatchling --editable '.[postgres]'
	@touch $@
