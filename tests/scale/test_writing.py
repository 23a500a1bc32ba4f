"""Are answers written as `write_table` writes them, whatever the texts?"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.scale.writing import answers_schema, answers_table, write_answers
from stancelab.tables import read_table, write_table

LABELS = ("for", 'a "b", c')
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
numbers = st.floats(0, 1) | st.just(float("nan"))
answers = st.lists(st.tuples(ids, st.sampled_from([*LABELS, None]), numbers, numbers), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("writing")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
@given(rows=answers, cut=st.integers(0, 8))
def test_what_is_written_is_what_write_table_writes(folder, suffix, rows, cut):
    schema = answers_schema(LABELS)
    frame = pd.DataFrame(rows, columns=schema.names)
    write_table(folder / f"whole{suffix}", frame.assign(label=pd.Series([row[1] for row in rows], dtype=object)))
    pieces = [part for part in (rows[:cut], rows[cut:]) if part]
    tables = (
        answers_table([row[0] for row in part], [row[1] for row in part], np.array([row[2:] for row in part]), schema)
        for part in pieces
    )
    write_answers(folder / f"pieces{suffix}", schema, tables)
    if suffix == ".parquet":
        whole, found = (pd.read_parquet(folder / f"{name}.parquet") for name in ("whole", "pieces"))
        pd.testing.assert_frame_equal(whole.astype({"label": "str"}), found)
        assert read_table(folder / "pieces.parquet").columns == tuple(schema.names)
    else:
        assert (folder / f"pieces{suffix}").read_bytes() == (folder / f"whole{suffix}").read_bytes()


def test_reading_and_writing_any_number_of_rows_takes_neither_pandas_nor_scikit_learn(tmp_path):
    (tmp_path / "t.csv").write_text("text,actor,target\na,b,c\n")
    script = """
import sys
from pathlib import Path
import numpy as np
from stancelab.scale.parts import Manifest, assemble, begin, missing, write_part
from stancelab.scale.rows import parts, source_of
from stancelab.scale.survey import surveyed
from stancelab.scale.writing import answers_schema, answers_table
source, folder = source_of("t.csv"), Path("folder")
folder.mkdir()
known = surveyed(source, folder)
manifest = Manifest(input="t.csv", sha256=known.sha256, rows=1, model="m", fingerprint="0" * 64, form=None, labels=["x"],
                    abstain_below=None, rows_a_part=2, versions={})
begin(folder, manifest)
for number, rows in parts(source, missing(folder, manifest), 2, numbered=known.numbered):
    write_part(folder, number, answers_table(rows["id"], ["x"], np.ones((1, 1)), answers_schema(["x"])), manifest)
assemble(folder, manifest, Path("out.csv"))
print([name for name in ("pandas", "sklearn", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert (tmp_path / "out.csv").read_text() == '"id","label","p_x"\n"1","x",1.0\n'
