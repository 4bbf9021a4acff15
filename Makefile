# One command for each thing. Everything is installed into .venv in this checkout, from the locks, by hash.
.DEFAULT_GOAL := help
.PHONY: help setup run test soak sanitize test-oldest check bench docs synth audit lock licences release clean
MAKEFLAGS += --no-print-directory

PYTHON ?=
CHROMIUM ?=
ARGS ?=
BOOTSTRAP := PYTHON="$(PYTHON)" tools/bootstrap
VENV := .venv/bin
ONE_THREAD := OPENBLAS_NUM_THREADS=1 # two processes test, each on a core: threads that wait for others would take it
export CHROMIUM
unexport PYTHONDONTWRITEBYTECODE # without compiled modules every process would pay seconds for its imports

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 14

setup:  ## install everything: running, testing, checking, deploying
	@$(BOOTSTRAP) all

run:  ## install what running needs, then mine: `lode run` (ARGS="--universe sp500 …" to say otherwise)
	@$(BOOTSTRAP) run
	@$(VENV)/lode run $(ARGS)

test:  ## install everything, Chromium included where allowed, then run every test, the long ones at a tenth
	@$(BOOTSTRAP) all --tests
	@env -u LODE_SOAK $(ONE_THREAD) $(VENV)/python -m pytest -n 2 --dist worksteal $(ARGS)

soak:  ## run the long tests at full size
	@$(BOOTSTRAP) all --tests
	@LODE_SOAK=1 $(ONE_THREAD) $(VENV)/python -m pytest -n 2 --dist worksteal -m soak --timeout 14400 $(ARGS)

sanitize:  ## run the kernel tests on a core that watches its memory and undefined behaviour, in build/sanitize
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.sanitize $(ARGS)

test-oldest:  ## run the tests on the oldest versions that pyproject.toml allows, in .venv-oldest
	@$(BOOTSTRAP) all --tests
	@$(VENV)/python -m tools.oldest
	@$(ONE_THREAD) .venv-oldest/bin/python -m pytest -n 2 --dist worksteal -m "not browser" $(ARGS)

check:  ## lint, format, types, import arrows, doctests
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.check

bench:  ## measure beside the peers, in .venv-bench, and write benchmarks/README.md (ARGS=short, quick, --seed 7)
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.bench
	@$(VENV)/python -m benchmarks.run $(ARGS)

docs:  ## build the documentation's site into site/, and check its links
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.site

synth:  ## write the CloudFormation templates into infra/cdk.out, offline
	@$(BOOTSTRAP) all
	@$(VENV)/python -m infra.app

audit:  ## run cdk-nag, cfn-lint, checkov and our own rules over every stack of every size, offline
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.audit $(ARGS)

lock:  ## write the locks from pyproject.toml (ARGS=--upgrade for the newest versions)
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.lock $(ARGS)

licences:  ## judge the licence of everything that is required, and write docs/licences.md
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.licences $(ARGS)

release:  ## build what HEAD would release into dist, and try it in empty environments (ARGS=--quick without the kernel tests)
	@$(BOOTSTRAP) all
	@$(VENV)/python -m tools.release $(ARGS)

clean:  ## remove what was installed and built here (not LODE_HOME)
	@rm -rf .venv .venv-oldest .venv-bench .venv-bench-312 .venv-audit .venv-docs build dist site infra/cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
