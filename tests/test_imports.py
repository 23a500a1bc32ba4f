import hashlib
import re
import tomllib
from dataclasses import replace

import pytest

from stancelab.dataset import load_dataset
from stancelab.errors import InputError
from stancelab.importers.table import Columns
from stancelab.imports import import_dataset, known_datasets
from stancelab.validation import validate

COLUMNS = Columns(text="claim", target="topic", label="view", split="part")
HEADER = "claim,topic,view,part\n"
VIEWS = "Cheese helps.,cheese,favor,train\nCheese hurts.,cheese,against,train\nGoats sleep.,goats,none,test\n"


@pytest.fixture
def bring(tmp_path):
    """Import rows of a csv with the columns claim, topic, view, part into tmp_path/out."""

    def run(rows=VIEWS, *, columns=COLUMNS, out="out", deduplicate=False):
        path = tmp_path / "views.csv"
        path.write_text(HEADER + rows, encoding="utf-8")
        return import_dataset("table", path, tmp_path / out, columns=columns, deduplicate=deduplicate)

    return run


def texts(folder):
    return list(load_dataset(folder).rows["text"])


def test_the_folder_holds_rows_header_card_and_checksums(bring, tmp_path):
    done = bring()
    assert (done.folder, done.rows, done.notes) == (tmp_path / "out", 3, [])
    assert sorted(path.name for path in done.folder.iterdir()) == ["README.md", "SHA256SUMS", "dataset.toml", "rows.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "views.csv"]
    assert validate(done.folder) == []
    assert done.folder.stat().st_mode & 0o777 == 0o755


def test_the_header_says_what_it_is(bring, tmp_path):
    bring()
    header = tomllib.loads((tmp_path / "out" / "dataset.toml").read_text(encoding="utf-8"))
    assert (header["name"], header["scheme"], header["target"]) == ("out", "favor-against-none", "2 targets")
    assert re.fullmatch(r"import-[0-9a-f]{8}", header["version"])


def test_the_version_follows_from_the_rows_alone(bring):
    first = load_dataset(bring(out="a").folder)
    again = load_dataset(bring(out="b").folder)
    other = load_dataset(bring(VIEWS.replace("sleep", "run"), out="c").folder)
    assert first.version == again.version != other.version
    assert first.sha == again.sha != other.sha


def test_the_card_counts_rows_and_names_the_files_with_their_checksums(bring, tmp_path):
    bring()
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| train | 2 | 1 | 1 | 0 |  |" in card
    assert "| test | 1 | 0 | 0 | 1 |  |" in card
    digest = hashlib.sha256((tmp_path / "views.csv").read_bytes()).hexdigest()
    assert f"| `views.csv` | `{digest}` |" in card
    assert str(tmp_path) not in card


def test_a_dataset_with_labels_as_found_loads_whatever_their_shares(bring):
    done = bring("a,t,favor,train\na,t,favor,train\nb,t,unsure,test\nc,t,unsure,test\n", deduplicate=True)
    assert load_dataset(done.folder).scheme.labels == ("favor", "unsure")
    assert validate(done.folder) == []
    done = bring("a,t,favor,x\nb,t,unsure,x\nb,t,unsure,x\nc,t,favor,x\n", out="two", deduplicate=True)
    assert load_dataset(done.folder).scheme.labels == ("favor", "unsure")
    assert validate(done.folder) == []


def test_a_repeat_across_splits_is_kept_and_reported(bring, tmp_path):
    done = bring(VIEWS + "cheese  HELPS.,Cheese,against,test\n")
    assert done.rows == 4
    assert done.notes == [
        "1 rows repeat the text, actor and target of another row, 1 of them with another label: kept; --deduplicate drops them",
        "1 rows stand in two splits: views.csv:2 and views.csv:5",
    ]
    assert done.notes[0] in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "split", ["test", "dev", "val", "rw-dev", "mt-test", "TEST", "validation", "test_seen", "dev.2", "Eval 1"]
)
@pytest.mark.parametrize("first", ["train", "trial", ""])
def test_of_a_repeat_the_row_of_test_or_development_is_kept(bring, split, first):
    rows = [f"Cheese helps.,cheese,favor,{first}", f"Cheese helps.,cheese,against,{split}"]
    for number, order in enumerate((rows, rows[::-1])):
        done = bring("\n".join(order) + "\n", out=f"out{number}", deduplicate=True)
        found = load_dataset(done.folder).rows
        assert list(found["label"]) == ["against"]
        assert done.notes[0].endswith(": dropped")


@pytest.mark.parametrize("split", ["train", "contest", "latest", "", "1"])
def test_of_a_repeat_in_one_split_the_first_row_is_kept(bring, split):
    done = bring(f"Cheese helps.,cheese,favor,{split}\nCheese helps.,cheese,against,{split}\n", deduplicate=True)
    assert list(load_dataset(done.folder).rows["label"]) == ["favor"]


def test_the_order_of_the_rows_that_stay_is_kept(bring):
    done = bring("a,t,favor,train\nb,t,none,train\na,t,favor,test\nc,t,none,train\n", deduplicate=True)
    assert texts(done.folder) == ["b", "a", "c"]


def test_one_text_with_two_targets_is_no_repeat(bring):
    assert bring("a,t,favor,x\na,u,favor,x\n", deduplicate=True).rows == 2


def test_one_text_with_two_actors_is_no_repeat(bring):
    rows = "Cheese helps.,Ada,favor,train\nCheese helps.,Bo,against,train\ncheese  helps.,ada,favor,test\n"
    columns = replace(COLUMNS, actor="topic", target="cheese")
    done = bring(rows, columns=columns)
    assert "1 rows repeat the text, actor and target of another row, 0 of them with another label" in done.notes[1]
    found = load_dataset(bring(rows, columns=columns, out="less", deduplicate=True).folder).rows
    assert list(zip(found["actor"], found["split"], strict=True)) == [("Bo", "train"), ("ada", "test")]


@pytest.mark.parametrize("split", ["tset", "fold 1", "train-dev"])
def test_what_to_drop_depends_on_what_a_split_is_for(bring, split):
    rows = f"a,t,favor,train\nb,t,none,{split}\na,t,favor,{split}\n"
    assert bring(rows).rows == 3
    with pytest.raises(
        InputError, match=rf"views\.csv:4: split '{split}' does not say whether it is for training or for testing"
    ):
        bring(rows, out="less", deduplicate=True)
    assert bring(rows.replace("a,t,favor,train\n", ""), out="one", deduplicate=True).rows == 2


def test_an_empty_folder_is_filled(bring, tmp_path):
    (tmp_path / "out").mkdir()
    assert validate(bring().folder) == []


@pytest.mark.parametrize("make", ["file", "full", "link", "broken link"])
def test_a_place_that_is_taken_is_refused_and_left_as_it_is(bring, tmp_path, make):
    out = tmp_path / "out"
    if make == "file":
        out.write_text("mine", encoding="utf-8")
    elif make == "full":
        (out / ".hidden").mkdir(parents=True)
    else:
        (tmp_path / "elsewhere").mkdir()
        out.symlink_to(tmp_path / ("elsewhere" if make == "link" else "nowhere"))
    with pytest.raises(InputError, match="out: is there already; remove it, or name another folder"):
        bring()
    assert out.is_symlink() == ("link" in make)
    assert make != "file" or out.read_text(encoding="utf-8") == "mine"


def test_the_folder_one_stands_in_is_refused(bring, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match="is the folder you are in; name a new one"):
        bring(out="here")
    assert (tmp_path / "here").is_dir()


def test_a_refused_file_leaves_nothing_behind(bring, tmp_path):
    with pytest.raises(InputError, match=r"views\.csv:3: 3 cells, expected 4"):
        bring("a,t,favor,x\nb,t,favor\n", out="far/away/out")
    assert [path.name for path in tmp_path.iterdir()] == ["views.csv"]


@pytest.mark.parametrize("failing", ["stancelab.imports.write_checksums", "stancelab.imports.write_json_lines"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_import_that_breaks_off_leaves_nothing_behind(bring, tmp_path, monkeypatch, failing, error):
    def break_off(*_):
        raise error

    monkeypatch.setattr(failing, break_off)
    expected = (KeyboardInterrupt, None) if isinstance(error, KeyboardInterrupt) else (InputError, "No space left")
    with pytest.raises(expected[0], match=expected[1]):
        bring()
    assert [path.name for path in tmp_path.iterdir()] == ["views.csv"]


def test_a_source_without_any_row_left_is_refused(tmp_path, monkeypatch):
    from stancelab.importers.card import Reading

    monkeypatch.setattr("stancelab.importers.gwsd.read", lambda _: Reading(rows=[], places=[], notes=[], files=[]))
    with pytest.raises(InputError, match="no row is left to import"):
        import_dataset("gwsd", tmp_path, tmp_path / "out")


def test_columns_go_with_tables_only(bring, tmp_path):
    bring()
    for kind, columns in (("vast", COLUMNS), ("table", None)):
        with pytest.raises(InputError, match=f"columns go with the format 'table', and with no other; the format is '{kind}'"):
            import_dataset(kind, tmp_path / "views.csv", tmp_path / "new", columns=columns)


@pytest.mark.parametrize("name", ["a:b", "a b", 'quo"te', "back\\slash", "del\x7f", "ünï"])
def test_folders_with_odd_names(tmp_path, name):
    (tmp_path / name).mkdir()
    source = tmp_path / name / f"{name}.csv"
    source.write_text(HEADER + VIEWS, encoding="utf-8")
    out = tmp_path / name / f"out {name}"
    import_dataset("table", source, out, columns=replace(COLUMNS, target=name))
    assert validate(out) == []
    assert load_dataset(out).name == out.name
    assert set(load_dataset(out).rows["target"]) == {name}


@pytest.mark.usefixtures("without_corpora")
def test_a_known_dataset_is_listed_once_here_or_not(bring, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = {entry.name: entry for entry in known_datasets()[0]}
    assert before["gwsd"].place is None
    assert "data import gwsd" in before["gwsd"].get
    bring(out="datasets/gwsd")
    after = [entry for entry in known_datasets()[0] if entry.name == "gwsd"]
    assert len(after) == 1
    assert after[0].place == str(tmp_path / "datasets" / "gwsd")
    assert after[0].get == ""
    assert len(known_datasets()[0]) == len(before)


@pytest.mark.usefixtures("without_corpora")
def test_a_broken_header_hides_its_own_dataset_only(bring, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, faults = known_datasets()
    assert faults == []
    (bring(out="datasets/gwsd").folder / "dataset.toml").write_text("title = ", encoding="utf-8")
    known, faults = known_datasets()
    assert [entry.name for entry in known] == [entry.name for entry in before if entry.name != "gwsd"]
    assert len(faults) == 1
    assert "gwsd/dataset.toml: not TOML" in faults[0]


def test_the_real_corpora_become_valid_datasets(benchmarks, tmp_path):
    for name, rows in (("gwsd", 1850), ("perspectrum", 11805)):
        done = import_dataset(name, benchmarks / name, tmp_path / name)
        assert done.rows == rows
        assert [note for note in done.notes if "published were" in note] == []
        assert validate(done.folder) == []
        assert len(load_dataset(done.folder).with_scheme("favor-against-none").rows) == rows
