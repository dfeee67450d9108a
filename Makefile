# Needs bash, git and any Python >= 3.12 (scripts/find-python looks for one). Everything else lands in .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PY := .venv/bin/python
PORT ?= 8000
HOST ?= 127.0.0.1
LAN ?= 0
ARGS ?=

.PHONY: help setup play demo test test-all test-js soak lint fix bench bench-peers validity reliability protocol messages lock vendor clean

help: ## show this list
	@echo "Mirror Game: make play, then open the address it prints."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and install the locked packages, tests' tools included
	@scripts/bootstrap dev

play: ## start the game here: PORT=8000 HOST=127.0.0.1, LAN=1 for phones on the same network
	@scripts/bootstrap play
	@exec $(PY) manage.py play --port $(PORT) --host $(HOST) $(if $(filter 1 yes true on,$(LAN)),--lan) $(ARGS)

demo: ## play a room full of simulated people against a running or new game
	@scripts/bootstrap play
	@exec $(PY) manage.py demo $(ARGS)

test: ## the tests without the long ones: ARGS="tests/live -k ack" to choose
	@scripts/bootstrap dev
	@scripts/run-tests 'not slow' $(ARGS)
	@$(MAKE) test-js

test-all: ## every test, the long forms too
	@scripts/bootstrap dev
	@scripts/run-tests '' $(ARGS)
	@$(MAKE) test-js

soak: ## an hour of 300 people coming and going: MIRROR_SOAK_S=3600 MIRROR_SOAK_PEOPLE=300
	@scripts/bootstrap dev
	@MIRROR_SOAK_S=$${MIRROR_SOAK_S:-3600} MIRROR_SOAK_PEOPLE=$${MIRROR_SOAK_PEOPLE:-300} $(PY) -m pytest -q tests/faults/test_soak.py $(ARGS)

test-js: ## the browser code's own tests (node --test)
	@scripts/run-tests-js

lint: ## style, types, import law, generated files, vendored files
	@scripts/bootstrap dev
	@scripts/lint

fix: ## let ruff mend what it can
	@scripts/bootstrap dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

bench: ## measure this machine: ratios against a bare server, side by side
	@scripts/bootstrap dev
	@$(PY) manage.py bench $(ARGS)

bench-peers: ## the engine beside established packages (Python 3.11, .venv-peers): ARGS="loo lags" to choose
	@scripts/bootstrap dev
	@scripts/bench-peers $(ARGS)

validity: ## the full study of the score: half an hour; writes docs/validity.md, its pictures and numbers
	@scripts/bootstrap dev
	@$(PY) -m stories.synchrony.validity $(ARGS)

reliability: ## every fault of tests/faults, short and long; writes docs/reliability.md: ARGS="-m 'not slow'" to choose
	@scripts/bootstrap dev
	@scripts/reliability $(ARGS)

protocol: ## write docs/protocol.md, the JSON Schema and the browser's types from the messages
	@scripts/bootstrap play
	@$(PY) manage.py protocol

messages: ## sentences into locale/*/LC_MESSAGES/django.po, merged and compiled (GNU gettext)
	@scripts/bootstrap dev
	@scripts/messages

lock: ## compile pyproject.toml into the hashed pins: UPGRADE=1 moves them
	@UPGRADE=$(UPGRADE) scripts/lock

vendor: ## fetch the vendored browser files again, as static/vendor/vendor.json says (npm)
	@scripts/bootstrap dev
	@$(PY) scripts/vendor.py --update

clean: ## remove .venv, .venv-peers, node_modules and caches; your data stays
	@rm -rf .venv .venv-peers node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
