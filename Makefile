# `make sweep` and `make test` work in a fresh clone and need only Python 3.11 to 3.13 and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
RUN    := runs/quickstart
SAMPLE := runs/sample
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q
# One thread for each of the two processes of pytest-xdist: they share two cores.
PYTEST_PARALLEL := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 $(PYTEST) --numprocesses=2
QUICK  := not slow and not gpu and not browser and not cluster
NO_TESTS := test $$? -eq 5  # the exit status of pytest where it selects no test

.DEFAULT_GOAL := help
.PHONY: help install sweep test test-all test-slow test-gpu test-browser test-cluster parity bench fuzz faults check format schema lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(READY)  ## create the virtual environment with the pinned packages

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

sweep: $(READY)  ## run the quickstart on synthetic images: draw, sweep, export, detect
	@test -d $(SAMPLE) || $(BIN)/sweepbox sample $(SAMPLE)
	$(BIN)/sweepbox doctor $(SAMPLE)
	$(BIN)/sweepbox sweep experiments/quickstart.yaml --data $(SAMPLE) --out $(RUN) $$(test -d $(RUN) && echo --resume)
	$(BIN)/sweepbox export $(RUN) $(RUN)/export --overwrite
	$(BIN)/sweepbox detect $(RUN)/export $$(ls $(SAMPLE)/images/*.jpg | head -n 3) --out $(RUN)/detections --overwrite
	$(BIN)/sweepbox status $(RUN)

test: $(READY)  ## run the quick tests: minutes on two cores, no network, no GPU
	$(PYTEST_PARALLEL) -m "$(QUICK) and not default_threads" $(ARGS) || $(NO_TESTS)
	$(PYTEST) -m "$(QUICK) and default_threads" $(ARGS) || $(NO_TESTS)

test-all: $(READY)  ## run all tests; print the 30 slowest tests and the coverage per file
	$(PYTEST) -m default_threads --cov --cov-report= $(ARGS) || $(NO_TESTS)
	$(PYTEST_PARALLEL) -m "not default_threads" --durations=30 --cov --cov-append --cov-report=term $(ARGS) || $(NO_TESTS)

test-slow:  ## run only the tests with this mark; test-gpu, test-browser and test-cluster likewise
test-slow test-gpu test-browser test-cluster: $(READY)
	$(PYTEST_PARALLEL) -m "$(@:test-%=%) and not default_threads" $(ARGS) || $(NO_TESTS)
	$(PYTEST) -m "$(@:test-%=%) and default_threads" $(ARGS) || $(NO_TESTS)

parity: $(READY)  ## compare with the Object Detection API: about 40 minutes on two cores
	$(BIN)/python -m experiments.parity

bench: $(READY)  ## run all benchmarks: 60 minutes, 20 if the Object Detection API cannot be installed
	$(BIN)/python -m experiments.benchmarks $(BENCH)

fuzz: $(READY)  ## feed 100,000 damaged files to all that reads files: about 10 minutes
	$(BIN)/python -m experiments.fuzz $(FUZZ)

faults: $(READY)  ## inject 200 faults into real sweeps, or as many as are missing: about an hour
	$(BIN)/python -m experiments.faults $(FAULTS)

check: $(READY)  ## check style, types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## format the code and apply automatic fixes
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

schema: $(READY)  ## compile detection/config/pipeline.proto
	cd detection/config && $(CURDIR)/$(BIN)/python -m grpc_tools.protoc -I . --include_imports \
	  --descriptor_set_out=pipeline.binpb --pyi_out=. pipeline.proto

lock: $(READY)  ## pin the newest packages that pyproject.toml allows
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --extra dashboard --extra jax --extra mlflow --extra wandb \
	  --no-emit-index-url --no-header --no-annotate --generate-hashes --upgrade --output-file requirements.lock pyproject.toml

clean:  ## remove the virtual environment and all caches, but not runs/
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache build dist *.egg-info
