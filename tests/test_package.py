import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

import stancelab

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "sklearn", "pandas", "spacy", "trafilatura")


def loaded_after(code: str, cwd: Path = ROOT) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=cwd)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["data", "--help"], ["article", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    imports = "from typer.testing import CliRunner\nfrom stancelab.cli import app"
    code = f"{imports}\nassert CliRunner().invoke(app, {words}).exit_code == 0"
    assert loaded_after(code).isdisjoint(HEAVY)


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
    names = {line.split(">")[0].split("=")[0].strip().lower().replace("_", "-") for line in wanted}
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
