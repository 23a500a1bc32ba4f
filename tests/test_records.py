"""Is a file of records read strictly, with place and nearest word, and written whole or not at all?"""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from stancelab.errors import InputError
from stancelab.records import (
    Actor,
    Adjudication,
    Annotation,
    parse_records,
    read_json_lines,
    read_records,
    read_text,
    write_json,
    write_json_lines,
    write_text,
    write_whole,
)

GOOD = '{"id": "u1", "label": "favor", "position": "advocates", "reason": "plain"}'
NASTY = [
    "a\nb",
    "a\r\nb",
    "a\rb",
    'say "no", he said',
    "🤷🏽‍♀️ no",
    "لا للحرب",
    "שלום\u200f!",
    "a\u2028b\x85c",
    "\\",
    "\ufeffx",
    "\x00",
]

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters) | st.sampled_from(NASTY)
scalars = texts | st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.dictionaries(texts, scalars | st.lists(scalars), max_size=4), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.jsonl"


def at(path, line, message):
    return "^" + re.escape(f"{path}:{line}: ") + message


@given(rows=rows)
@example(rows=[{"text": text} for text in NASTY])
def test_json_lines_round_trip(folder, rows):
    write_json_lines(folder / "a.jsonl", rows)
    assert read_json_lines(folder / "a.jsonl") == list(enumerate(rows, 1))


@given(name=st.sampled_from(NASTY), role=st.none() | st.sampled_from(NASTY))
def test_records_round_trip(folder, name, role):
    actor = Actor(id="a", name=name, kind="group", affiliation=None, country=None, role=role)
    write_json_lines(folder / "actors.jsonl", [actor.model_dump()])
    assert read_records(folder / "actors.jsonl", Actor) == [actor]


@given(text=st.text(characters, min_size=1).filter(str.strip))
@example(text="one\r\ntwo\rthree\n")
def test_text_round_trip(folder, text):
    write_text(folder / "a.txt", text)
    assert read_text(folder / "a.txt") == text.removeprefix("\ufeff")


def test_json_is_written_for_people(path):
    write_json(path, {"name": "Zoë", "n": 1})
    assert path.read_bytes() == '{\n  "name": "Zoë",\n  "n": 1\n}\n'.encode()


def test_a_byte_order_mark_is_dropped(path):
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_records(path, Adjudication)[0].id == "u1"


def test_blank_lines_are_left_out_but_counted(path):
    path.write_text(f"\n{GOOD}\r\n  \n{GOOD}\n")
    assert [number for number, _ in read_json_lines(path)] == [2, 4]


def test_a_record_is_frozen(path):
    path.write_text(GOOD)
    with pytest.raises(ValidationError, match="frozen"):
        read_records(path, Adjudication)[0].label = "against"


def test_no_such_file(path):
    with pytest.raises(InputError, match=re.escape(f"{path}: no such file")):
        read_text(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: is a folder")):
        read_text(tmp_path)


def test_latin_1_bytes_name_line_and_byte(path):
    path.write_bytes(b'{"a": 1}\n{"a": "caf\xe9"}\n')
    with pytest.raises(InputError, match=at(path, 2, "not UTF-8.*0xe9.*save the file as UTF-8")):
        read_json_lines(path)


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(f"{path}: the file is empty")):
        read_json_lines(path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_refused(path, value):
    path.write_text(f'{{"a": 1}}\n{{"a": {value}}}\n')
    with pytest.raises(InputError, match=at(path, 2, f".*{value} is not a value.*null")):
        read_json_lines(path)


def test_a_broken_line(path):
    path.write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(InputError, match=at(path, 2, "not a JSON object: Expecting value")):
        read_json_lines(path)


@pytest.mark.parametrize(("line", "got"), [("[1]", "list"), ("3", "int"), ("null", "NoneType")])
def test_a_line_that_is_no_object(path, line, got):
    path.write_text(f'{{"a": 1}}\n{line}\n')
    with pytest.raises(InputError, match=at(path, 2, f"expected a JSON object, got {got}")):
        read_json_lines(path)


def test_a_line_nested_beyond_reason(path):
    path.write_text("[" * 200_000)
    with pytest.raises(InputError, match=at(path, 1, "")):
        read_json_lines(path)


def test_all_broken_lines_at_once_ten_and_a_count(path):
    path.write_text("broken\n" * 12)
    with pytest.raises(InputError, match=r"jsonl:1: (.*\n)+.*jsonl:10: .*\n\.\.\. and 2 more$"):
        read_json_lines(path)


def test_a_misspelt_key_is_both_unknown_and_missing(path):
    path.write_text(f"{GOOD}\n{GOOD.replace('label', 'lable')}\n")
    with pytest.raises(InputError, match="unknown key 'lable'; did you mean 'label'") as caught:
        read_records(path, Adjudication)
    assert f"{path}:2: key 'label' is missing" in str(caught.value).split("\n")


def test_an_extra_key(path):
    path.write_text(GOOD.replace('"id"', '"note": "x", "id"'))
    with pytest.raises(InputError, match=at(path, 1, r"unknown key 'note'.*Allowed: id, label, position, reason$")):
        read_records(path, Adjudication)


def test_an_unknown_position_names_the_nearest(path):
    path.write_text(GOOD.replace("advocates", "advocate"))
    with pytest.raises(InputError, match=at(path, 1, "unknown position 'advocate'; did you mean 'advocates'")):
        read_records(path, Adjudication)


@pytest.mark.parametrize("value", ["7", '""', '"  "', "null"])
def test_a_text_must_hold_text(path, value):
    path.write_text(GOOD.replace('"u1"', value))
    with pytest.raises(InputError, match=at(path, 1, "key 'id': ")):
        read_records(path, Adjudication)


@pytest.mark.parametrize("confidence", ["0", "6", "2.5", '"3"', "true"])
def test_confidence_is_a_whole_number_from_one_to_five(path, confidence):
    path.write_text(
        '{"id": "u1", "annotator": "a", "round": 1, "codebook": "1.0", "label": "favor", "position": "advocates", '
        f'"confidence": {confidence}, "rationale": "r"}}'
    )
    with pytest.raises(InputError, match=at(path, 1, "key 'confidence': ")):
        read_records(path, Annotation)


def test_all_faulty_records_at_once_ten_and_a_count(path):
    path.write_text(f"{GOOD}\n" + f"{GOOD.replace('favor', ' ')}\n" * 13)
    with pytest.raises(InputError, match=r"jsonl:2: key 'label'(.*\n)+.*jsonl:11: .*\n\.\.\. and 3 more$"):
        read_records(path, Adjudication)


def test_parse_keeps_the_good_records_beside_the_faults(path):
    path.write_text(f"{GOOD}\n{{}}\n\n{GOOD}\n")
    records, faults = parse_records(path, Adjudication)
    assert [line for line, _ in records] == [1, 4]
    assert faults == [f"{path}:2: key '{key}' is missing" for key in ("id", "label", "position", "reason")]


def test_write_whole_makes_the_folder(tmp_path):
    write_text(tmp_path / "new" / "deep" / "a.txt", "x")
    assert (tmp_path / "new" / "deep" / "a.txt").read_text() == "x"


def test_a_writer_that_raises_leaves_the_old_content_and_no_temporary_file(path):
    path.write_text("old")

    def write(temporary):
        temporary.write_text("half")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_whole(path, write)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_writer_that_raises_makes_no_file(path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert list(path.parent.iterdir()) == []


def test_a_row_that_cannot_be_written_leaves_the_old_rows(path):
    write_json_lines(path, [{"a": 1}])
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        write_json_lines(path, [{"a": 2}, {"a": "\ud800"}])
    assert read_json_lines(path) == [(1, {"a": 1})]
    assert list(path.parent.iterdir()) == [path]


def test_a_written_file_can_be_read_by_others(path):
    write_text(path, "x")
    assert path.stat().st_mode & 0o777 == 0o644
