PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FLOOR ?= .venv-floor
SOURCES := amsdff_hf examples tests

.DEFAULT_GOAL := help
.PHONY: help demo app cards test test-slow test-browser test-floor conformance sweep quality style bench

help:  ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.installed  ## Train, evaluate, save, reload and explain a classifier on real text; downloads packages, no data
	$(BIN)/python examples/demo.py

app: $(VENV)/.installed  ## Try a trained classifier in the browser: MODEL=folder or name, by default that of make demo
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[app]'
	$(BIN)/python examples/app.py $(MODEL)

cards: $(VENV)/.installed  ## Write the cards in model_cards/ anew from their facts
	$(BIN)/python examples/render_cards.py

test: $(VENV)/.installed  ## Run the tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(VENV)/.installed  ## Run the slow tests
	$(BIN)/python -m pytest -m 'slow and not browser' --numprocesses auto --dist loadfile

test-browser: $(VENV)/.installed  ## Run the tests of the page; needs Debian's chromium and chromium-driver
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[app,browser]'
	$(BIN)/python -m pytest -m browser

test-floor: $(FLOOR)/.installed  ## Run the tests with the lowest versions that setup.cfg promises
	$(FLOOR)/bin/python -m pytest --numprocesses auto --dist loadfile

conformance: $(VENV)/.installed  ## Run transformers' own common tests over the models
	$(BIN)/python -m tests.conformance

sweep: $(VENV)/.installed  ## Try every text model type of transformers as a backbone, and write BACKBONES.md
	$(BIN)/python -m tests.sweep

quality: $(VENV)/.installed  ## Check style without changing anything
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

style: $(VENV)/.installed  ## Put everything into style
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.installed  ## Measure what the head costs beside the plain one
	$(BIN)/python examples/benchmark_head.py

$(VENV)/.installed: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,dev,test]'
	touch $@

$(FLOOR)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(FLOOR)
	$(FLOOR)/bin/python -m pip install --quiet uv
	$(FLOOR)/bin/uv pip install --quiet --python $(FLOOR)/bin/python --resolution lowest-direct --editable '.[test]'
	touch $@
