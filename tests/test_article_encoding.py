import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.encoding import decode

TEXT = "The mayor said “no” – twice – and the café’s owner agreed.\r\nIt was the end of the matter.\r\n"
GERMAN = "Die Bürgermeisterin sagte, die Brücke werde früher fertig; für die Fährleute müsse man später etwas tun. "
RUSSIAN = "Мэр города сказала в понедельник, что мост будет построен до зимы, и рыбаки с этим не согласны. "
BEYOND_THE_FIRST_PLANE = "A 🌉 bridge"


@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    ],
)
@pytest.mark.parametrize("text", [TEXT, BEYOND_THE_FIRST_PLANE, ""])
def test_a_mark_tells_the_encoding_and_is_dropped(mark: bytes, codec: str, name: str, text: str):
    decoded = decode(mark + text.encode(codec))
    assert (decoded.content, decoded.encoding, decoded.notes) == (text, name, ())


def test_half_a_character_after_a_mark_is_told():
    decoded = decode(codecs.BOM_UTF16_LE + "no".encode("utf-16-le") + b"x")
    assert decoded.content == "no\ufffd"
    assert "not utf-16" in decoded.notes[0]


@given(st.text())
def test_utf8_comes_back_as_it_is(text: str):
    assert decode(("x" + text).encode()).content == "x" + text


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read(raw: bytes, html: bool):
    assert isinstance(decode(raw, html=html).content, str)


@pytest.mark.parametrize("text", [TEXT, "He said “no”"])
def test_windows_1252_is_told(text: str):
    decoded = decode(text.encode("cp1252"))
    assert (decoded.content, decoded.encoding, decoded.notes) == (text, "cp1252", ())


def test_mixed_encodings_are_read_as_they_were_meant():
    decoded = decode((TEXT * 3).encode() + "“No,” she said".encode("cp1252"))
    assert decoded.content == TEXT * 3 + "“No,” she said"
    assert (decoded.encoding, decoded.notes) == ("utf-8", ("2 bytes not UTF-8, read as Windows-1252",))


def test_a_mark_before_mixed_encodings():
    assert decode(codecs.BOM_UTF8 + (TEXT * 2).encode() + b"\x93x\x94").content == TEXT * 2 + "“x”"


@pytest.mark.parametrize(("text", "codec"), [(GERMAN * 20, "latin-1"), (RUSSIAN * 20, "cp1251"), (RUSSIAN * 20, "koi8-r")])
def test_other_encodings_are_guessed_or_fit(text: str, codec: str):
    assert decode(text.encode(codec)).content == text


def test_a_page_may_declare_its_charset():
    page = f'<html><meta http-equiv=Content-Type content="text/html; charset=KOI8-R"><p>{RUSSIAN[:3]}'
    assert decode(page.encode("koi8-r"), html=True).content == page
    assert decode(page.encode("koi8-r")).content != page
    assert decode(page.encode(), html=True).content == page


@pytest.mark.parametrize("name", ["punycode", "utf-7", "unicode_escape", "rot13", "hex", "no-such-thing", "utf-16"])
def test_a_page_may_not_declare_what_is_no_charset(name: str):
    raw = f'<meta charset="{name}"><p>'.encode() + b"\x93no\x94"
    assert decode(raw, html=True).content.endswith("“no”")


def test_latin_1_is_the_last_resort():
    raw = bytes(range(256)) * 3
    decoded = decode(raw)
    assert decoded.notes


def test_nul_bytes_and_line_ends_stay():
    assert decode(b"a\0b\r\nc\rd").content == "a\0b\r\nc\rd"
