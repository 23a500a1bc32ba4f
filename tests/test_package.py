import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

import stancelab

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "sklearn", "joblib", "pandas", "spacy", "trafilatura", "openvino", "ray")


def loaded_after(code: str, cwd: Path = ROOT) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=cwd)
    return set(done.stdout.split())


MATHS = {"numpy", "pydantic"}
FRAMES = MATHS | {"pandas", "pyarrow", "scipy"}
SIGNATURE = "a@5869fa0d|favor-against-none|as-given|seeds:none|mcc|interval:bca,clusters,10000|stancelab:0.1.0"
MAY_IMPORT = {
    ("--help",): set(),
    ("--version",): {"pydantic"},
    ("data", "ls"): MATHS,
    ("cache", "show"): MATHS,
    ("signatures", SIGNATURE, SIGNATURE): MATHS,
    ("data", "show", "ground-intervention"): FRAMES,
    ("score", "GOLD", "--gold", "GOLD", "--metric", "accuracy"): FRAMES,
}
"""What commands may import of all that takes long."""


def loaded_by(*words: str) -> set[str]:
    """What is imported when the command line is called with these words."""
    return loaded_after(f"""
sys.argv[1:] = {list(words)}
from stancelab.cli import main
try:
    main()
except SystemExit as left:
    assert not left.code
""")


@pytest.mark.parametrize("words", MAY_IMPORT, ids=" ".join)
def test_a_command_imports_only_what_it_needs(words, tmp_path):
    gold = tmp_path / "gold.csv"
    lines = [f"r{number},text {number},she,it,{'favor' if number % 2 else 'against'}" for number in range(40)]
    gold.write_text("\n".join(["id,text,actor,target,label", *lines]), encoding="utf-8")
    heavy = loaded_by(*(word.replace("GOLD", str(gold)) for word in words)) & {*HEAVY, *FRAMES}
    assert heavy <= MAY_IMPORT[words]


def test_the_page_of_all_commands_loads_no_command_and_no_parser():
    loaded = loaded_by("--help")
    assert {name for name in loaded if name.startswith("stancelab.")} == {
        "stancelab.cli",
        "stancelab.cli.commands",
        "stancelab.cli.overview",
        "stancelab.errors",
    }
    assert loaded.isdisjoint({"typer.rich_utils", "rich.markdown", "pygments"})


def test_the_help_of_a_command_imports_nothing_heavy():
    code = "from typer.testing import CliRunner\nfrom stancelab.cli import COMMANDS, app\n"
    code += "for name in COMMANDS:\n    assert CliRunner().invoke(app, [name, '--help']).exit_code == 0"
    assert loaded_after(code).isdisjoint({*HEAVY, *FRAMES} - {"pydantic"})


def test_modules_that_all_commands_share_import_neither_frames_nor_classifiers():
    shared = ("recipes", "dataset", "predictions", "scoring", "cells", "runs", "leaderboard")
    code = "; ".join(f"import stancelab.{module}" for module in shared)
    assert loaded_after(code).isdisjoint({*HEAVY, *FRAMES} - MATHS)


def test_import_stancelab_imports_nothing_heavy():
    assert loaded_after("import stancelab").isdisjoint({*HEAVY, "numpy", "pydantic"})


def test_the_library_datasets_is_not_shadowed_by_the_folder():
    code = "import datasets\nassert hasattr(datasets, 'load_dataset'), datasets.__file__"
    assert "datasets.load" in loaded_after(code)


def test_every_public_name_can_be_had_and_there_are_few():
    assert all(getattr(stancelab, name) is not None for name in stancelab.__all__)
    assert len(stancelab.__all__) <= 25


def test_unknown_public_name():
    with pytest.raises(AttributeError, match="no attribute 'load_datasets'"):
        stancelab.load_datasets  # noqa: B018


def test_torch_is_pinned_and_every_requirement_is_constrained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {
        line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    }
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {line.split(">")[0].split("=")[0].split("[")[0].strip().lower().replace("_", "-") for line in wanted}
    assert names - pinned == set()
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()


def test_a_wheel_holds_no_corpus_of_others():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    included = build["targets"]["wheel"]["force-include"]
    assert [name for name in included if name.startswith("datasets")] == ["datasets/cape-tarn", "datasets/ground-intervention"]


def test_folders_at_the_top_and_no_package_in_datasets():
    assert all((ROOT / name).is_dir() for name in ("models", "datasets", "experiments", "src", "tests"))
    assert not list((ROOT / "datasets").rglob("__init__.py"))
    assert not (ROOT / "conftest.py").exists()
