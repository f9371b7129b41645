# Two commands do all of their own set-up in .venv: make demo, make test.
# Without make (PowerShell): python bootstrap.py demo, python bootstrap.py test.
PYTHON ?= python3
ARGS ?=

.PHONY: help setup demo test bench data lock
help:
	@$(PYTHON) bootstrap.py --help

setup demo test bench data lock:
	@$(PYTHON) bootstrap.py $@ $(ARGS)
