"""Are repeated ids found among any number, and never where there are none?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.errors import Faults, InputError
from stancelab.scale import repeated_ids
from stancelab.scale.repeated_ids import IdHashes, tell_repeated
from stancelab.scale.rows import Block
from stancelab.tables import repeated

some_ids = st.lists(st.integers(0, 12).map(str), min_size=1, max_size=30)


def told(ids, folder, *, held=100, most=100, hashed=None):
    """What is told of a file with an id a line, taken up three at a time."""
    faults = Faults()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated_ids, "HELD", held)
        patch.setattr(repeated_ids, "MOST", most)
        if hashed:
            patch.setattr(repeated_ids, "hash", hashed, raising=False)
        folder.mkdir()
        hashes = IdHashes(folder)
        found = [
            Block(folder / "f.csv", range(first + 1, first + 4), {"id": ids[first : first + 3]}, ["id"])
            for first in range(0, len(ids), 3)
        ]
        for block in found:
            hashes.add(block.columns["id"])
        tell_repeated(found, hashes, faults)
    return faults


@given(ids=some_ids, held=st.sampled_from([4, 100]))
def test_repetitions_are_told_as_of_a_short_table(tmp_path_factory, ids, held):
    folder = tmp_path_factory.mktemp("ids") / "hashes"
    faults = told(ids, folder, held=held)
    places = [f"{folder / 'f.csv'}:{number}" for number in range(1, len(ids) + 1)]
    expected = repeated(ids, places, "id")
    assert (faults.first, faults.count) == (expected[:10], len(expected))


@given(ids=some_ids)
def test_two_ids_that_share_a_hash_are_two(tmp_path_factory, ids):
    faults = told(ids, tmp_path_factory.mktemp("ids") / "hashes", hashed=lambda value: int(value) % 3)
    assert faults.count == len(ids) - len(set(ids))


@given(ids=some_ids, most=st.integers(1, 3))
def test_of_very_many_repeated_ids_all_are_counted(tmp_path_factory, ids, most):
    folder = tmp_path_factory.mktemp("ids") / "hashes"
    faults = told(ids, folder, most=most)
    places = [f"{folder / 'f.csv'}:{number}" for number in range(1, len(ids) + 1)]
    assert faults.count == len(ids) - len(set(ids))
    assert set(faults.first) <= set(repeated(ids, places, "id"))


def test_what_is_no_id_is_never_told_of(tmp_path):
    assert told([None, None, "", "", [1], [1], 5.0, 5.0], tmp_path / "hashes").count == 0


def test_faults_beyond_ten_are_counted():
    faults = Faults()
    for number in range(12):
        faults.append(f"f:{number}: bad")
    with pytest.raises(InputError, match=r"^f:0: bad\n(.*\n)*f:9: bad\n\.\.\. and 2 more$"):
        faults.refuse()
