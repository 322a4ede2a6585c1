# `make demo` and `make test` work on a fresh machine with Python 3.10 or newer; everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_ARGS ?=
# setuptools warns of every editable install that a folder called like the package comes first, as is meant here.
INSTALL := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable .
GX ?= newest
GX_BIN = .venv-gx-$(GX)/bin

.PHONY: help demo test test-gx test-pytest test-training lint types schema pages clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/	/'

$(VENV)/pip: ; $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/installed: pyproject.toml | $(VENV)/pip
	$(INSTALL)
	@touch $@

$(VENV)/developing: pyproject.toml | $(VENV)/pip
	$(INSTALL) --group dev
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed  ## make a dataset with planted problems and check it
	$(BIN)/fastdup-checks demo demo

test: $(VENV)/developing  ## run the tests
	$(BIN)/python -m pytest $(TEST_ARGS)

test-gx:  ## test Great Expectations and Spark, GX=newest or GX=oldest supported; takes a Java runtime
	$(PYTHON) -m venv .venv-gx-$(GX)
	$(GX_BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(GX_BIN)/python -m pip install --quiet --editable '.[spark]' --group test --constraint tests/gx/$(GX).txt
	FASTDUP_CHECKS_SKIP_NOTHING=1 $(GX_BIN)/python -m pytest tests/gx --dist loadfile $(TEST_ARGS)

test-training:  ## test the training examples and their guide with PyTorch, fastai, Lightning and Keras
	$(PYTHON) -m venv .venv-training
	.venv-training/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	PYTHONWARNINGS=ignore .venv-training/bin/python -m pip install --quiet --editable . --group test \
		torch torchvision fastai lightning keras --extra-index-url https://download.pytorch.org/whl/cpu
	FASTDUP_CHECKS_SKIP_NOTHING=1 .venv-training/bin/python -m pytest tests/test_examples_training.py tests/docs \
		-k training $(TEST_ARGS)

test-pytest:  ## test the pytest plugin with the oldest pytest and xdist that are supported, in random order
	$(PYTHON) -m venv .venv-pytest
	.venv-pytest/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	PYTHONWARNINGS=ignore .venv-pytest/bin/python -m pip install --quiet --editable . --group test pytest-randomly \
		--constraint tests/plugin/oldest.txt
	.venv-pytest/bin/python -m pytest tests/plugin $(TEST_ARGS)

lint: $(VENV)/developing  ## check style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/developing  ## check types
	$(BIN)/mypy

schema: $(VENV)/developing  ## renew expectations/schema.json
	$(BIN)/python -m fastdup_checks.schema > expectations/schema.json

pages: schema  ## renew the pages that are made from the code
	$(BIN)/python -m fastdup_checks.reference checks > examples/guides/checks.md
	$(BIN)/python -m fastdup_checks.reference commands > examples/guides/commands.md
	$(BIN)/python -m fastdup_checks.reference suites > expectations/README.md

clean:  ## remove what make made
	rm -rf $(VENV) .venv-gx-* .venv-pytest .venv-training demo build *.egg-info
