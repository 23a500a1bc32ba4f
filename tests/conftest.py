"""What do several tests need: no network, one thread, a cache of their own, quick properties, tiny models?"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
# One thread each, set before anything loads OpenMP: on cores that are shared, its threads burn more in waiting than they compute.
os.environ["OMP_NUM_THREADS"] = "1"

import json
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("quick", max_examples=30, deadline=None, database=None)
settings.load_profile("quick")

WORDS = "the plan troops soldiers to for against we they support oppose reject send not into of on stance ukraine soup"


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder where vectors are cached during the tests: never the user’s. Workers share unpacked language models."""
    folder = tmp_path_factory.mktemp("cache")
    base = tmp_path_factory.getbasetemp()
    unpacked = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "language-models"
    unpacked.mkdir(exist_ok=True)
    (folder / "language-models").symlink_to(unpacked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCELAB_CACHE", str(folder))
        patch.delenv("STANCELAB_CACHE_LIMIT", raising=False)
        yield folder


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line with these words; gives exit code, stdout, stderr."""
    from stancelab.cli import main

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stancelab", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def naive_bca() -> Callable[..., tuple[float, float]]:
    """The bounds of a BCa interval as Efron and Tibshirani 1993, section 14.3 write it, from values counted out elsewhere."""
    from statistics import NormalDist, mean, quantiles

    normal = NormalDist()

    def bounds(estimate: float, drawn: list[float], left_out: list[float]) -> tuple[float, float]:
        below = mean((value < estimate - 1e-9) + 0.5 * (abs(value - estimate) <= 1e-9) for value in drawn)
        gaps = [mean(left_out) - value for value in left_out]
        acceleration = sum(gap**3 for gap in gaps) / (6 * sum(gap**2 for gap in gaps) ** 1.5)
        thousandths = quantiles(drawn, n=100_000, method="inclusive")
        found = []
        for share in (0.025, 0.975):
            shifted = normal.inv_cdf(below) + normal.inv_cdf(share)
            level = normal.cdf(normal.inv_cdf(below) + shifted / (1 - acceleration * shifted))
            found.append(thousandths[round(level * 100_000) - 1])
        return found[0], found[1]

    return bounds


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on the path")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(chromium: Any) -> Callable[..., Any]:
    """A window of the browser for each kind of screen; opening one takes longer than the tests in it."""
    kept: dict[Any, Any] = {}

    def of(**options: Any) -> Any:
        kind = json.dumps(options, sort_keys=True)
        if kind not in kept:
            kept[kind] = chromium.new_context(**options)
        return kept[kind]

    return of


@pytest.fixture
def open_page(window: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Opens a file in a tab of its own; afterwards there was no error and no request but for the file itself."""
    tabs: list[Any] = []
    faults: list[str] = []
    asked: list[str] = []
    files: list[str] = []

    def opened(path: Path, fragment: str = "", **options: Any) -> Any:
        tab = window(**options).new_page()
        tabs.append(tab)
        tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url.split("#")[0]))
        files.append(path.as_uri())
        tab.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            tab.wait_for_selector("#table thead tr")
        return tab

    yield opened
    for tab in tabs:
        tab.close()
    assert faults == []
    assert set(asked) <= set(files)


@pytest.fixture
def without_corpora(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout as cloned, whatever corpora its owner has imported into it."""
    checkout = Path(__file__).resolve().parent.parent
    bare = tmp_path_factory.mktemp("bare")
    (bare / "datasets").mkdir()
    for name in ("models", "experiments", "datasets/ground-intervention"):
        (bare / name).symlink_to(checkout / name)
    monkeypatch.setattr("stancelab.catalog.homes", lambda: [bare] if Path.cwd() == checkout else [Path.cwd(), bare])


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """The folder of public corpora: $STANCELAB_BENCHMARKS, else shared/benchmarks beside the checkout. Skips without one."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "benchmarks"
    place = Path(os.environ.get("STANCELAB_BENCHMARKS", beside))
    if not place.is_dir():
        pytest.skip(f"the public corpora are not here: {place} (set STANCELAB_BENCHMARKS)")
    return place


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a randomly initialised BERT of two layers and a WordPiece tokenizer of some dozen pieces."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder: Path = tmp_path_factory.mktemp("tiny-encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split(), *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    BertTokenizer(vocab=vocabulary, model_max_length=128).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return str(folder)


SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
ARCHITECTURES = ("bert", "roberta", "deberta-v2", "modernbert", "electra", "xlm-roberta")


def trained_tokenizer(tokenizer: Any, **options: Any) -> Any:
    """A tokenizer of that kind with some hundred pieces, trained on the words that the tests are made of."""
    words = WORDS.split()
    lines = [" ".join(words[place:] + words[:place]) for place in range(len(words))]
    return tokenizer.train_new_from_iterator(
        [*lines, "ABCDEFGHIJKLMNOPQRSTUVWXYZ [ACTOR] [/ACTOR] 0123456789.,?!'"], 320, **options
    )


def build_tiny(architecture: str, folder: Path) -> None:
    """Write a randomly initialised model of two layers with a tokenizer of its own kind, and with its kind's quirks.

    RoBERTa and XLM-R number positions after the padding token's and have no token types; ModernBERT knows none either; the
    tokenizers of RoBERTa, DeBERTa and ModernBERT state no length; ELECTRA's embeddings are narrower than its layers.
    """
    import torch
    import transformers as t

    if architecture in ("bert", "electra"):
        tokenizer = trained_tokenizer(t.BertTokenizer(), initial_alphabet=list("abcdefghijklmnopqrstuvwxyz"))
    elif architecture in ("roberta", "modernbert"):
        tokenizer = trained_tokenizer(t.RobertaTokenizer())
    else:
        tokenizer = trained_tokenizer(t.XLMRobertaTokenizer() if architecture == "xlm-roberta" else t.DebertaV2Tokenizer())
    if architecture == "modernbert":
        tokenizer = t.PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, **tokenizer.special_tokens_map)
    shared = {**SIZES, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    made = {
        "bert": lambda: t.BertConfig(**shared, max_position_embeddings=96),
        "roberta": lambda: t.RobertaConfig(**shared, max_position_embeddings=98, type_vocab_size=1),
        "xlm-roberta": lambda: t.XLMRobertaConfig(**shared, max_position_embeddings=98, type_vocab_size=1),
        "electra": lambda: t.ElectraConfig(**shared, max_position_embeddings=96, embedding_size=16),
        "deberta-v2": lambda: t.DebertaV2Config(
            **shared,
            max_position_embeddings=96,
            relative_attention=True,
            position_buckets=16,
            type_vocab_size=0,
            pos_att_type=["p2c", "c2p"],
            position_biased_input=False,
            norm_rel_ebd="layer_norm",
            share_att_key=True,
        ),
        "modernbert": lambda: t.ModernBertConfig(
            **shared,
            max_position_embeddings=96,
            cls_token_id=tokenizer.cls_token_id,
            sep_token_id=tokenizer.sep_token_id,
            bos_token_id=tokenizer.cls_token_id,
            eos_token_id=tokenizer.sep_token_id,
            local_attention=16,
        ),
    }
    tokenizer.model_max_length = {"bert": 96, "electra": 96, "xlm-roberta": 96}.get(architecture, int(1e30))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        t.AutoModel.from_config(made[architecture]()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="session", params=ARCHITECTURES)
def tiny_architecture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tiny model of each architecture in turn."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    build_tiny(request.param, folder)
    return str(folder)


@pytest.fixture(scope="session")
def tiny_cross_encoder(tiny_encoder: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a randomly initialised BERT like `tiny_encoder` that tells entailment, neutral, contradiction."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification

    folder: Path = tmp_path_factory.mktemp("tiny-cross-encoder")
    outcomes = ["entailment", "neutral", "contradiction"]
    config = AutoConfig.from_pretrained(
        tiny_encoder,
        id2label=dict(enumerate(outcomes)),
        label2id={name: number for number, name in enumerate(outcomes)},
        initializer_range=0.5,
    )
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


TURNS = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_language_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a randomly initialised Llama of two layers, a byte-level BPE tokenizer trained on WORDS, a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder: Path = tmp_path_factory.mktemp("tiny-language-model")
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "[INST]"]
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    pieces.train_from_iterator([WORDS] * 2, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, additional_special_tokens=special, chat_template=TURNS)
    tokenizer.eos_token = special[2]
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=2048,
        initializer_range=0.3,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


STATEMENTS = (
    ("ada", "favor", "advocates", "indirect", "Mayor Ada Brook asked the council to build the bridge soon.", None),
    (
        "cole",
        "favor",
        "leaves-open",
        "direct",
        "“Nothing about the bridge is off the table,” Cole said.",
        "Nothing about the bridge is off the table",
    ),
    ("millers", "favor", "advocates", "narrated", "The millers collected money for a bridge of stone.", None),
    ("ada", "favor", "advocates", "indirect", "Brook promised that the bridge would pay for itself.", None),
    ("fishers", "against", "rules-out", "indirect", "The fishers warned that a bridge would ruin their river.", None),
    ("dora", "against", "rules-out", "direct", "“No bridge while I live,” Dora Quill said.", "No bridge while I live"),
    ("cole fishers", "against", "declines", "indirect", "Cole reported that the fishers wanted no part in the building.", None),
    ("dora", "against", "declines", "narrated", "Quill left the meeting when the bridge came up.", None),
    ("council", "neutral", "no-position", "indirect", "The council said that the bridge would be discussed in May.", None),
    ("dora council", "neutral", "no-position", "narrated", "Quill and the council exchanged letters about the bridge.", None),
    ("millers", "unrelated", "no-position", "narrated", "The millers sold flour at the spring market.", None),
    ("fishers", "unrelated", "no-position", "indirect", "The fishers asked for cheaper salt this winter.", None),
    ("ada", "unrelated", "no-position", "narrated", "Brook opened the new school on Sunday.", None),
    ("council", "unrelated", "no-position", "indirect", "The council announced a longer market season.", None),
)
ACTORS = {
    "ada": ("Ada Brook", "person"),
    "cole": ("Cole", "person"),
    "dora": ("Dora Quill", "person"),
    "millers": ("The millers", "group"),
    "fishers": ("The fishers", "group"),
    "council": ("The council", "organisation"),
}
HEADER = """name = "bridge"
title = "A bridge for the village"
version = "0.1.0"
description = "An invented article about an invented bridge."
language = "en"
target = "the council builds a bridge"
scheme = "favor-against-neutral-unrelated"
licence = "CC-BY-4.0"
creators = ["Nobody"]
year = 2026
codebook = "1.0"
keywords = ["invented"]
"""
CARD = """# Bridge

<!-- composition:begin -->
<!-- composition:end -->

<!-- agreement:begin -->
<!-- agreement:end -->
"""


def told_source(doc_id: str, text: str, **facts: Any) -> Any:
    """An article of plain text as a source: a block for each paragraph."""
    from stancelab.article.source import Block, Source

    blocks, start = [], 0
    for number, paragraph in enumerate(text.split("\n\n"), 1):
        blocks.append(Block(start, start + len(paragraph), number, "body"))
        start += len(paragraph) + 2
    places = range(len(text)), range(1, len(text) + 1)
    return Source(doc_id, text, text, *places, tuple(blocks), **{"language": "en", **facts})


def colon_statements(source: Any, *_: object) -> Any:
    """What is found in lines like "Ada, Cole: what they say": a statement a line, each name before the colon a speaker."""
    from stancelab.article.found import Attribution, FoundActor, Statement

    named: dict[str, int] = {}
    statements, start = [], 0
    for line in source.text.split("\n"):
        end = start + len(line)
        names = line.partition(":")[0].split(", ") if ":" in line else []
        for name in names:
            named[name] = named.get(name, 0) + 1
        if names:
            found = [(name, start + line.index(name)) for name in names]
            who = (Attribution(name.lower(), "speaker", (place, place + len(name)), 0.75) for name, place in found)
            number = f"{source.doc_id}-{len(statements) + 1:03d}"
            told = line, " ".join(line.split()), 1, "indirect", None, None, "say"
            statements.append(Statement(number, start, end, *told, tuple(who)))
        start = end + 1
    unknown = {"kind": "person", "affiliation": None, "country": None, "role": None, "aliases": []}
    actors = (FoundActor(id=name.lower(), name=name, mentions=count, **unknown) for name, count in named.items())
    return tuple(actors), tuple(statements)


@pytest.fixture
def colon_core(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Articles of lines "Ada, Cole: what they say" in place of the language core and its model; gives `told_source`."""
    from stancelab.article.pipeline import loaded

    monkeypatch.setattr("stancelab.article.pipeline.find", colon_statements)
    monkeypatch.setattr("stancelab.article.pipeline.load", lambda: None)
    loaded.cache_clear()
    monkeypatch.setattr("stancelab.article.folder.article_page", lambda analysis: f"<p>{analysis.source.doc_id}</p>")
    return told_source


@pytest.fixture(scope="session")
def english() -> Any:
    """The English language model, loaded once for all tests."""
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from stancelab.article.syntax import load

    return load()


@pytest.fixture(scope="session")
def read_news(english: Any) -> Callable[..., Any]:
    """Gives the analysis, without stances, of an article whose paragraphs have blank lines between them."""
    from stancelab.article.pipeline import analyse

    return lambda text, gazetteer=None: analyse(told_source("news", text), english, gazetteer)


@pytest.fixture(scope="session")
def statements_in(read_news: Callable[..., Any]) -> Callable[..., list[tuple[str, str, str]]]:
    """Gives an article's statements as (who, mode, span), where "A & B > C" says that A and B speak and C is reported."""

    def told(text: str, gazetteer: Any = None) -> list[tuple[str, str, str]]:
        found = read_news(text, gazetteer)
        names = {actor.id: actor.name for actor in found.actors}

        def who(statement: Any, role: str) -> str:
            return " & ".join(names[each.actor_id] for each in statement.attributions if each.role == role)

        return [
            (" > ".join(filter(None, (who(each, "speaker"), who(each, "reported")))), each.mode, each.span)
            for each in found.statements
        ]

    return told


BRIDGE = "\n\n".join(statement[4] for statement in STATEMENTS) + "\n"


@pytest.fixture
def bridge_article(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.txt"
    path.write_text(BRIDGE, encoding="utf-8")
    return path


@pytest.fixture
def bridge(tmp_path: Path, bridge_article: Path) -> Path:
    """A dataset folder about an invented article, built from units, three annotators and one adjudication."""
    return write_bridge(tmp_path / "datasets" / "bridge")


def write_bridge(folder: Path) -> Path:
    from stancelab.build import build
    from stancelab.hydration import loosen, sha256_of
    from stancelab.records import write_json_lines

    folder.mkdir(parents=True)
    source = BRIDGE
    units, annotations = [], []
    for number, (names, label, position, mode, span, quote) in enumerate(STATEMENTS, 1):
        start = source.index(span)
        for name in names.split():
            unit = {
                "id": f"b{number:02d}-{name}",
                "doc_id": "bridge-1",
                "group": f"b{number:02d}",
                "text": f"It is told: {span}",
                "actor": ACTORS[name][0],
                "actor_id": name,
                "target": "the council builds a bridge",
                "quote": quote,
                "quote_start": None if quote is None else source.index(quote),
                "mode": mode,
                "paragraph": number,
                "start": start,
                "end": start + len(span),
                "span_sha256": sha256_of(span),
                "loose_length": len(loosen(span)),
                "loose_sha256": sha256_of(loosen(span)),
            }
            units.append(unit)
            for annotator in ("x", "y", "z"):
                given = (label, position) if (annotator, number) != ("z", 9) else ("unrelated", "no-position")
                facts = {"label": given[0], "position": given[1], "confidence": 4, "rationale": "as told"}
                annotations.append({"id": unit["id"], "annotator": annotator, "round": 1, "codebook": "1.0", **facts})
    actors = [
        {"id": key, "name": name, "kind": kind, "affiliation": None, "country": None, "role": None}
        for key, (name, kind) in ACTORS.items()
    ]
    article = {
        "doc_id": "bridge-1",
        "title": "A bridge",
        "outlet": "Village News",
        "authors": ["Nobody"],
        "date": "2026-01-01",
        "language": "en",
        "characters": len(source),
        "sha256": sha256_of(source),
        "rights": "invented",
    }
    settled = {"id": "b09-council", "label": "neutral", "position": "no-position", "reason": "It is about the bridge."}
    write_json_lines(folder / "units.jsonl", units)
    write_json_lines(folder / "annotations.jsonl", annotations)
    write_json_lines(folder / "actors.jsonl", actors)
    write_json_lines(folder / "articles.jsonl", [article])
    write_json_lines(folder / "adjudication.jsonl", [settled])
    (folder / "dataset.toml").write_text(HEADER, encoding="utf-8")
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "codebook.md").write_text("# Codebook\n", encoding="utf-8")
    build(folder)
    return folder


EXPERIMENT = """title = "The bridge"
description = "An experiment on the invented article."
dataset = "{dataset}"
primary_metric = "macro_f1"
seeds = [0]
schemes = ["favor-against-none", "favor-against-neutral-unrelated"]
recipes = ["majority", "naive-bayes", "actor-only"]

[[protocols]]
kind = "stratified-group-k-fold"
folds = 2
repeats = 2

[[protocols]]
kind = "leave-one-actor-out"

[limits.naive-bayes]
repeats = 1
reason = "to have a limit"
"""


@pytest.fixture
def bridge_experiment(tmp_path: Path, bridge: Path) -> Path:
    """An experiment on the bridge dataset, with its folder name `bridge-run`."""
    return write_bridge_experiment(tmp_path / "experiments" / "bridge-run", bridge)


def write_bridge_experiment(folder: Path, dataset: Path) -> Path:
    folder.mkdir(parents=True)
    text = EXPERIMENT.format(dataset=dataset.as_posix())
    (folder / "experiment.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def finished_bridge(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run of a bridge experiment of its own, for tests that change none of it."""
    from stancelab.runs import run_experiment

    home = tmp_path_factory.mktemp("finished")
    experiment = write_bridge_experiment(home / "experiments" / "bridge-run", write_bridge(home / "datasets" / "bridge"))
    return run_experiment(experiment, out=home / "run", jobs=1)


@pytest.fixture
def finished_experiment(finished_bridge: Any, tmp_path: Path) -> Path:
    """A copy of the experiment of `finished_bridge`, to be changed."""
    folder = tmp_path / "experiments" / "bridge-run"
    return Path(shutil.copytree(finished_bridge.folder.parent / "experiments" / "bridge-run", folder))


Reply = dict[str, Any]
"""What the stub does: status, headers, body (text as it stands, or JSON), cut (close in the middle), wait (seconds)."""


def completion(content: str | None, **fields: Any) -> Reply:
    """A chat completion with that content; fields: finish_reason, refusal, logprobs, usage."""
    message = {"role": "assistant", "content": content, "refusal": fields.get("refusal")}
    choice = {"index": 0, "message": message, "finish_reason": fields.get("finish_reason", "stop")}
    choice["logprobs"] = fields.get("logprobs")
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "stub", "choices": [choice]}
    usage = fields.get("usage", {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102})
    return {"body": body | ({"usage": usage} if usage else {})}


def labels_of(request: dict[str, Any]) -> list[str]:
    """The labels that a request is bound to."""
    labels: list[str] = request["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"]
    return labels


def steady(request: dict[str, Any], asked: int) -> Reply:
    """The label that the question's checksum names, as JSON, however often it is asked."""
    labels = labels_of(request)
    question = request["messages"][-1]["content"]
    return completion(json.dumps({"label": labels[sha256(question.encode()).digest()[0] % len(labels)]}))


class ChatStub(ThreadingHTTPServer):
    """A chat server on the loopback interface that does what `reply(request, how often it was asked this)` says."""

    daemon_threads = True
    completion = staticmethod(completion)
    labels_of = staticmethod(labels_of)
    steady = staticmethod(steady)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ChatHandler)
        self.reply: Callable[[dict[str, Any], int], Reply] = steady
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that hang up are part of the tests."""


class ChatHandler(BaseHTTPRequestHandler):
    """Answers one request of a `ChatStub`."""

    server: ChatStub

    def do_POST(self) -> None:  # noqa: N802
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stub = self.server
        with stub.lock:
            asked = stub.requests.count(request)
            stub.requests.append(request)
            stub.keys.append(self.headers.get("Authorization"))
            stub.times.append(time.monotonic())
            stub.under_way += 1
            stub.most_under_way = max(stub.most_under_way, stub.under_way)
        try:
            self._send(stub.reply(request, asked))
        finally:
            with stub.lock:
                stub.under_way -= 1

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.get("wait", 0))
        body = reply["body"]
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(reply.get("status", 200))
        headers = {"Content-Type": "application/json", "Content-Length": len(content)} | reply.get("headers", {})
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if reply.get("cut") else content)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def chat_stub() -> Iterator[ChatStub]:
    """A chat server that misbehaves on demand."""
    with closing_stub() as stub:
        yield stub


@pytest.fixture(scope="session")
def steady_chat() -> Iterator[str]:
    """The address of a chat server that answers, always the same."""
    with closing_stub() as stub:
        yield stub.url


@contextmanager
def closing_stub() -> Iterator[ChatStub]:
    with ChatStub() as stub:
        thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield stub
        finally:
            stub.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def tram_analysis() -> Any:
    """An invented article with its actors, statements and stances: a quote over two paragraphs, two overlapping statements."""
    from stancelab.article.found import Analysis, FoundActor, Statement
    from stancelab.article.source import Block, Source
    from stancelab.labels import scheme_named
    from stancelab.records import read_records

    folder = Path(__file__).parent / "tram"
    content = (folder / "article.txt").read_text(encoding="utf-8")
    lines = [match.span() for match in re.finditer(r"\S.*", content)]
    kinds: list[Any] = ["headline", "byline", *["body"] * (len(lines) - 3), "site"]
    blocks = tuple(Block(*line, number, kind) for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1))
    notes = ("The last paragraph was taken for the website’s own words.",)
    facts: dict[str, Any] = {"title": content.split("\n")[0], "date": "2029-05-03", "outlet": "Ostrell Courier"}
    places = range(len(content)), range(1, len(content) + 1)
    source = Source("tram", content, content, *places, blocks, language="en", notes=notes, **facts)
    scheme = scheme_named("favor-against-neutral-unrelated")
    statements = []
    for number, line in enumerate((folder / "statements.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        span, said = row["span"], tuple(attributed(scheme.labels, *each) for each in row["said"])
        start = content.index(span)
        place = start, start + len(span), span, " ".join(span.split()), content[:start].count("\n\n") + 1
        statements.append(Statement(f"tram-{number:03}", *place, row["mode"], None, None, row["cue"], said))
    actors = tuple(read_records(folder / "actors.jsonl", FoundActor))
    return Analysis(source, actors, tuple(statements), "a tram through the old town of Ostrell", scheme, "a model of that name")


def attributed(labels: Sequence[str], actor: str, role: Any, label: str, share: float) -> Any:
    """An attribution with that probability of its label, the rest shared out evenly; what is reported is told by hearsay."""
    from stancelab.article.found import Attribution

    even = dict.fromkeys(labels, (1 - share) / (len(labels) - 1))
    return Attribution(actor, role, None, 0.9 if role == "speaker" else 0.4, label, even | {label: share})
