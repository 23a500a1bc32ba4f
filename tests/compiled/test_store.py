"""Is a compiled form whole or not there, whoever else writes it, and does it go when it is not used?"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from stancelab.compiled import store
from stancelab.compiled.store import identity_of, is_whole, place_of, sha_of, write_form
from stancelab.training_facts import read_facts


def content(text):
    return lambda folder: (folder / "graph.bin").write_text(text)


@pytest.fixture
def form(tmp_path):
    write_form(tmp_path / "model" / "float32", content("weights"))
    return tmp_path / "model" / "float32"


def test_what_was_written_is_whole(form):
    assert is_whole(form)
    assert [path.name for path in form.parent.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("damage", ["changed", "missing", "sums", "none"])
def test_what_is_damaged_is_not(form, damage):
    if damage == "changed":
        (form / "graph.bin").write_text("weightz")
    elif damage == "missing":
        (form / "graph.bin").unlink()
    elif damage == "sums":
        (form / "sha256.json").write_text("[1]")
    else:
        form = form.with_name("int8")
    assert not is_whole(form)


def test_another_form_takes_its_place_as_a_whole(form):
    before = identity_of(form)
    (form / "left.bin").write_text("of before")
    write_form(form, content("others"))
    assert is_whole(form)
    assert not (form / "left.bin").exists()
    assert identity_of(form) != before


def test_one_that_fails_leaves_what_was_there(form):
    def fail(folder):
        (folder / "graph.bin").write_text("half")
        raise RuntimeError("no room")

    for broken in ({"write": fail}, {"write": content("others"), "prove": fail}):
        with pytest.raises((RuntimeError, OSError)):
            write_form(form, **broken)
        assert (form / "graph.bin").read_text() == "weights"
        assert [path.name for path in form.parent.parent.iterdir()] == ["model"]


def test_several_may_write_at_once(tmp_path):
    place = tmp_path / "model" / "int8"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_form(place, content(f"{number}" * 1000)), range(40)))
    assert is_whole(place)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_forms_that_were_used_least_recently_go(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LIMIT", 3000)
    for number, name in enumerate(("first", "second", "third")):
        write_form(tmp_path / name / "float32", content("x" * 800))
        os.utime(tmp_path / name, (number, number))
    assert is_whole(tmp_path / "first" / "float32")
    write_form(tmp_path / "fourth" / "float32", content("x" * 800))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "fourth", "third"]


def test_the_place_tells_models_apart(frozen_model, tmp_path, monkeypatch):
    import shutil

    monkeypatch.setenv("STANCELAB_CACHE", str(tmp_path / "cache"))
    facts = read_facts(frozen_model)
    place = place_of(frozen_model, facts)
    copy = shutil.copytree(frozen_model, tmp_path / "copy")
    assert place == place_of(copy, facts)
    (copy / "README.md").write_text("another card")
    assert sha_of(copy) == sha_of(frozen_model)
    (copy / "tiny.toml").write_text("# changed\n")
    assert place_of(copy, facts) != place


def test_an_encoder_that_has_changed_has_no_place(frozen_model):
    facts = read_facts(frozen_model)
    [name] = facts.weights
    assert place_of(frozen_model, facts.model_copy(update={"weights": {name: "0" * 64}})) is None
    assert place_of(frozen_model, facts.model_copy(update={"weights": {"owner/name": "owner/name"}})) is None
