# Needs nothing but Python >= 3.11 and make: every target works in a virtual environment that it creates.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
# Of all that is installed, caches left out.
CHECKSUM := find pyproject.toml README.md examples facade models proto scenarios sim -type f \
	-not -path '*/.*' -not -path '*/__pycache__/*' -exec cksum {} + | sort | cksum
# Of what stands there: pip by hand, an editable installation or one that was cut off leave another list, or none.
STANDING := cat $(VENV)/lib/python*/site-packages/doppelgrid-*.dist-info/RECORD 2>/dev/null | cksum
# What earlier builds left in build/lib would be installed as well, modules that have moved among it. The sum is taken
# before: what is saved meanwhile counts as changed.
installing = rm -rf build/lib $(VENV)/installed && text="$$($(CHECKSUM))" && $(PIP) install --quiet $(1) \
	&& echo "$$text $$($(STANDING))" >$(VENV)/installed
INSTALL = @[ "$$($(CHECKSUM)) $$($(STANDING))" = "$$(cat $(VENV)/installed 2>/dev/null)" ] \
	|| { $(call installing,--no-deps .); }
FOR_DEMO := ".[plots,sdk]"
FOR_DEVELOPERS := ".[test,lint]"
# Tests are shared by more processes than two cores are: many of them wait.
SHARED := -n 3 --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Nothing but the installed package answers to `import doppelgrid`, also in programs that tests start from here.
export PYTHONSAFEPATH := 1
# Rewriting the assertions of all tests takes longer than importing them: what comes of it is always kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help installed demo test quick slow days robust mutants lint types proto bench accuracy models-docs digests layout docs check clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    watch a control application shave the peak of a simulated site"
	@echo "make test    run the tests"
	@echo "make quick   run those that show most mistakes, in less than a minute"
	@echo "make check   run what CI runs: tests, slow tests, lint, types, benchmarks, docs"
	@echo "make docs    build the site of the documentation in build/site; fails if a link leads nowhere"
	@echo "make slow | lint | types | bench | clean    one at a time"
	@echo "make days    let whole days pass: the pools of the SDK at simulated sites, compiled digests of sites"
	@echo "make robust [SECONDS=300]    attack a running site, its snapshots and its files"
	@echo "make mutants [N=60] [SEED=0] [OF=FOLDER]   plant faults and see whether the tests notice"
	@echo "make proto   generate code from proto/control/v1/control.proto"
	@echo "make layout                 draw the plan of the code from its imports"
	@echo "make models-docs            fill the tables of docs/models from the code"
	@echo "make digests                write down anew what sites show, where that was meant to change"
	@echo "make accuracy DATA=FOLDER   hold the models to measured data; writes docs/explanations/accuracy.md and pictures"

$(VENV)/demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(call installing,$(FOR_DEMO))
	touch $@

$(VENV)/develop: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(call installing,$(FOR_DEVELOPERS))
	touch $@ $(VENV)/demo

installed: $(VENV)/develop
	$(INSTALL)

demo: $(VENV)/demo
	$(INSTALL)
	$(BIN)/python -m doppelgrid.scenarios.demo examples/peak_shaving.py

test: installed
	$(BIN)/pytest -m "not slow" $(SHARED)

# Most mistakes show here, in less than a minute.
quick: installed
	$(BIN)/pytest --quick -n 2 --dist worksteal

slow: installed
	$(BIN)/pytest -m "slow and not days" $(SHARED)

SECONDS ?= 300
robust: installed
	DOPPELGRID_ROBUST_SECONDS=$(SECONDS) $(BIN)/pytest -s -o timeout=0 -o faulthandler_timeout=0 \
		tests/robustness tests/gateway/test_foreign_snapshots.py \
		tests/recording/test_recovery.py tests/recording/test_crash.py tests/inputs/test_bombs.py tests/site/test_site_garbage.py

# Hours of them, and three sites, are among the slow tests.
days: installed
	$(BIN)/pytest -m days $(SHARED)

N ?= 60
SEED ?= 0
OF ?=
mutants: $(VENV)/develop
	PYTHONPATH=tests $(BIN)/python -m mutants --number $(N) --seed $(SEED) --of "$(OF)"

lint: $(VENV)/develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Type checkers do not follow the mapping of folders to packages, so they see a copy of what is installed.
types: installed
	rm -rf build/types && mkdir -p build/types
	cp -R $(VENV)/lib/python*/site-packages/doppelgrid build/types
	cd build && MYPYPATH=types:../benchmarks:../docs $(BIN)/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache \
		-p doppelgrid -p accuracy -p website

# The sources are mapped to their package, so that the generated code knows itself by its full name.
proto: $(VENV)/develop
	mkdir -p build/proto
	$(BIN)/python -m grpc_tools.protoc -Idoppelgrid=proto --python_out=build/proto --pyi_out=build/proto \
		doppelgrid/control/v1/control.proto
	cp build/proto/doppelgrid/control/v1/control_pb2.py build/proto/doppelgrid/control/v1/control_pb2.pyi proto/control/v1

bench: installed
	$(BIN)/pytest benchmarks --benchmark-disable-gc --benchmark-min-rounds=3 --benchmark-max-time=0.5

# Pages and pictures are committed; the tests say when they have to be made anew.
models-docs: installed
	PYTHONPATH=benchmarks $(BIN)/python -m accuracy.pages docs

# What differs is seen in the log of the changes; the tests refuse everything else.
digests: installed
	$(BIN)/pytest tests/digests --renew

docs: installed
	PYTHONPATH=docs:benchmarks $(BIN)/python -m website build

DATA ?= $(DOPPELGRID_DATA)
accuracy: $(VENV)/develop
	@test -n "$(DATA)" || { echo "say where the measured data are: make accuracy DATA=FOLDER"; exit 2; }
	$(INSTALL)
	PYTHONPATH=benchmarks $(BIN)/python -m accuracy "$(DATA)" --docs docs

# Drawn from the imports; a test says when it has to be drawn anew.
layout: installed
	PYTHONPATH=tests $(BIN)/python -m support.layout_picture docs/layout.svg

check: test slow lint types bench docs

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .benchmarks .hypothesis
