# Everything happens in .venv and build; `make clean` removes both.
#
#   make demo        build, install, study where Batch Normalization goes, on real data
#   make demo-images build, install, train a small Conv-BN-ReLU network on images
#   make test        build, install, run all tests
#   make lint        format, lint, types, layers
#   make cpp-test    the C++ tests under AddressSanitizer and UBSan
#   make benchmark   time, memory, and with PEERS_DIR the tables against other libraries
#
# PYTHON=python3.12 chooses the interpreter, PYTEST_ARGS="-k dense -n 0" narrows the tests,
# DEMO_ARGS="--epochs 5" changes the demo, DEMO_DATA=table.csv DEMO_ARGS="--target column" its data,
# IMAGES_ARGS="--epochs 2" the one on images, BENCHMARK_ARGS="--workloads W1" the tables.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo demo-images test lint cpp-test benchmark clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/stamp
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install
WITH_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"
SOURCES := $(shell find src cpp -type f -not -name '*.so' -not -path '*/__pycache__/*')
CPP_FILES := $(shell find cpp -name '*.h' -o -name '*.cpp')
PYTEST_ARGS ?= -n auto
DEMO_ARGS ?=
DEMO_DATA ?= examples/where_does_bn_go.py:breast_cancer
IMAGES_ARGS ?=
BENCHMARK_ARGS ?=

demo: $(STAMP)-package $(STAMP)-demo
	$(BIN)/trimtab study examples/where_does_bn_go.py:build $(DEMO_DATA) --standardize \
		--batch-size 16 --metric accuracy --margin 0.02 --report build/where_does_bn_go.html $(DEMO_ARGS)

demo-images: $(STAMP)-package $(STAMP)-demo
	$(BIN)/python examples/images.py $(IMAGES_ARGS)

# The empty -m lifts the default `not slow`.
test: $(STAMP)-package $(STAMP)-test
	$(BIN)/python -m pytest -m "" $(PYTEST_ARGS)

lint: $(STAMP)-run $(STAMP)-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror $(CPP_FILES)
	$(BIN)/python tools/check_includes.py

cpp-test: $(STAMP)-build
	$(WITH_VENV) cmake -S . -B build/sanitize -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DTRIMTAB_SANITIZE=ON -DTRIMTAB_TESTS=ON -DTRIMTAB_MODULE=OFF -DTRIMTAB_WERROR=ON
	$(WITH_VENV) cmake --build build/sanitize
	$(WITH_VENV) ctest --parallel 2 --no-tests=error --test-dir build/sanitize --output-on-failure

# The tables against other libraries need those libraries: benchmarks/run.py says where.
benchmark: $(STAMP)-package $(STAMP)-study $(STAMP)-migrate
	$(BIN)/python benchmarks/bn_share.py
	$(BIN)/python benchmarks/memory_growth.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/study_speed.py
	$(BIN)/python benchmarks/tool_speed.py
	$(BIN)/python benchmarks/raw_convolutions.py
	if [ -n "$${PEERS_DIR:-}" ]; then $(BIN)/python benchmarks/run.py $(BENCHMARK_ARGS); fi

clean:
	rm -rf $(VENV) build

# --- the virtual environment ---------------------------------------------------------------------

$(BIN)/python:
	@python=$$(tools/choose_python.sh $(PYTHON)) && echo "Making $(VENV) with $$python" && \
		tools/make_venv.sh "$$python" $(VENV)

# One stamp a list of requirements in pyproject.toml: build, run, demo, test, dev.
$(STAMP)-%: pyproject.toml tools/requirements.py | $(BIN)/python
	@echo "Installing what '$*' needs"
	@$(BIN)/python tools/requirements.py $* | $(INSTALL) -r /dev/stdin
	@touch $@

# cmake and ninja come from PyPI where the machine has none: the build back end knows which.
$(STAMP)-build: pyproject.toml tools/requirements.py | $(BIN)/python
	@echo "Installing what 'build' needs"
	@$(BIN)/python tools/requirements.py build | $(INSTALL) -r /dev/stdin
	@$(BIN)/python -c "from scikit_build_core import build; \
		print(*build.get_requires_for_build_wheel({}), sep='\n')" | $(INSTALL) -r /dev/stdin
	@touch $@

# Without isolation, so that the build folder is kept and the next build compiles only what changed.
$(STAMP)-package: $(SOURCES) CMakeLists.txt pyproject.toml README.md | $(STAMP)-build $(STAMP)-run
	@echo "Building and installing trimtab (some minutes the first time)"
	@$(WITH_VENV) $(INSTALL) --no-build-isolation --no-deps --force-reinstall .
	@touch $@
