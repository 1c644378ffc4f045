# The only door. Every target works from a fresh clone; the work itself is in tools/.
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help run test check bench faults mutants demo pins clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the whole portal on http://127.0.0.1:8000/ (PORT=… for another port); Ctrl-C stops it
	@$(PYTHON) -m tools.run

test: ## the whole test suite, browser included; ARGS="-k words" goes to pytest
	@$(PYTHON) -m tools.run_tests $(ARGS)

check: ## lint, types, import layers, templates, migrations, deployment settings, API schema
	@$(PYTHON) -m tools.check

bench: ## measure against the performance goals; ARGS goes to the benchmark
	@$(PYTHON) -m tools.bench $(ARGS)

faults: ## kill processes while people work, and count what is lost
	@$(PYTHON) -m tools.run_tests -n 0 --timeout 3600 -m faults $(ARGS)

mutants: ## change the table of acts and the deadlines a little, many times, and see that the tests notice
	@$(PYTHON) -m tools.mutants

demo: ## rebuild the demo world in the data directory
	@$(PYTHON) -m tools.manage demo --reset

pins: ## resolve requirements*.in again
	@$(PYTHON) -m tools.pins

clean: ## remove .venv and caches; the data directory stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
