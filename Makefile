# Vitrine. `make help` explains the targets.
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

help: ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv and install the locked dependencies (seconds when nothing changed)
	@sh deploy/local/venv.sh $(VENV)

setup-tests: setup ## As setup, and .venv-reference: PyTorch and its kin, which tests and benchmarks compare with
	@sh deploy/local/reference.sh $(VENV)

demo: setup ## Generate the sample, run the whole pipeline, show its metrics and answers
	@sh deploy/local/demo.sh $(BIN)

FLINK := .venv-flink
flink-parts: setup ## Get Flink and the job server's jars into .venv-flink (needs Java 17 and Maven)
	@sh deploy/flink/setup.sh $(VENV) $(FLINK)

flink: flink-parts ## Run the pipeline of the sample on a small Flink cluster of this machine
	@[ -f data/sample/catalogue/products.csv ] || $(BIN)/vitrine sample --output data/sample
	@$(BIN)/python deploy/flink/cluster.py --home $(FLINK) -- \
	    $(BIN)/vitrine run --config configs/sample.yaml --beam-runner flink --output runs/flink

web: web/dist/index.html ## Build the web page with Node 20.19 or later (seconds when nothing changed)

web/node_modules/.package-lock.json: web/package.json web/package-lock.json web/.npmrc
	@cd web && npm ci --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web -maxdepth 1 -type f) $(shell find web/src web/public -type f)
	@cd web && npm run -s build

# In two parts, as a process that has run thousands of tests with TensorFlow takes several GB.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
test: setup-tests ## Run every test
	@$(PYTEST) --ignore tests/vitrine; first=$$?; $(PYTEST) tests/vitrine && exit $$first

BASE := main
check: lint ## Lint, and the fast tests that the changes since BASE (main) can touch, in under three minutes
	@$(BIN)/python -m tests.affected $(BASE)

lint: setup ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: setup web/node_modules/.package-lock.json ## Build the documentation site into site/, strict about links
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: setup web/node_modules/.package-lock.json ## Serve the site on loopback, built again when a page changes
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8009 --watch vitrine

format: setup ## Rewrite the code in the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

AUDIT := .venv-audit
audit: ## Ask PyPI and npm for advisories about the locked packages (needs their networks)
	@sh deploy/audit/tools.sh $(AUDIT)
	@sh deploy/audit/audit.sh $(AUDIT)

sbom: ## Write bills of materials (CycloneDX) of the locked packages to dist/
	@sh deploy/audit/tools.sh $(AUDIT)
	@sh deploy/audit/sbom.sh $(AUDIT) dist

notebooks: setup ## Execute notebooks/ on the newest run, and keep what they show
	@$(BIN)/python -m notebooks.execute

lock: setup ## Resolve requirements.lock and the locks in deploy/local again
	@sh deploy/local/lock.sh $(BIN)

clean: ## Remove what runs and tools left behind, keeping environments and data
	@rm -rf runs mlruns site .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup setup-tests demo flink-parts flink web test check lint docs docs-serve format audit sbom notebooks lock clean
