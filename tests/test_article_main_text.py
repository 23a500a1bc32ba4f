from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.main_text import main_text
from stancelab.article.markup import visible_text

FIRST = "The mayor said on Monday that “the bridge” would be built before the winter, come what may."
SECOND = "Fishermen had asked for a tunnel, which would have cost three times as much, and now go to court."
PAGE = f"<nav>Home</nav><p>Yes.</p><h1>A bridge</h1><p>{FIRST}</p><p>Yes.</p><p>{SECOND}</p><p>Yes.</p><footer>Home</footer>"


def kept(content: str, paragraphs: list[str]) -> list[str] | None:
    found = main_text(visible_text(content), paragraphs)
    return None if found is None else [found.text[start:end] for start, end in found.blocks]


def test_paragraphs_are_found_in_order_and_short_ones_between_them():
    assert kept(PAGE, [FIRST, "Yes.", SECOND]) == [FIRST, "Yes.", SECOND]
    found = main_text(visible_text(PAGE), [FIRST, "Yes.", SECOND])
    assert found is not None
    assert found.starts[found.text.index("Yes.")] == PAGE.index("<p>Yes.</p>", PAGE.index(FIRST)) + 3


def test_short_paragraphs_above_are_those_nearest_to_the_article():
    assert kept("<p>Yes.</p>" + PAGE, ["A bridge", FIRST]) == ["A bridge", FIRST]
    found = main_text(visible_text("<p>Yes.</p>" + PAGE), ["Yes.", FIRST])
    assert found is not None
    assert found.starts[0] == len("<p>Yes.</p><nav>Home</nav><p>")


def test_a_teaser_that_repeats_the_beginning_is_left_out():
    content = f"<p>{FIRST}</p><p>Other news of the day</p>{PAGE}"
    found = main_text(visible_text(content), [FIRST, SECOND])
    assert found is not None
    assert found.starts[0] == content.rindex(FIRST)


def test_a_teaser_is_left_out_though_the_extractor_leaves_something_out():
    content = f"<p>{FIRST}</p><p>Other news of the day</p>{PAGE}"
    assert kept(content, ["A bridge", FIRST.replace("Monday", ""), SECOND]) == ["A bridge", FIRST, SECOND]


def test_white_space_marks_and_composed_letters_may_differ():
    content = f"<p>{normalize('NFD', 'Séjourné')} said:&nbsp;<i>{FIRST}</i></p>"
    assert kept(content, ["- Séjourné  said : " + FIRST.replace("“", '"').replace(" ", "\n")]) == [
        f"{normalize('NFD', 'Séjourné')} said:\xa0{FIRST}"
    ]


def test_a_paragraph_of_which_something_was_left_out_is_kept_whole():
    content = "<p>Menu</p>" + PAGE.replace("on Monday", "on <time>Monday</time>").replace(
        ">A bridge", "><label>17 April</label> A bridge at last"
    )
    paragraphs = [FIRST.replace("Monday", ""), "Yes.", SECOND]
    assert kept(content, paragraphs) == [FIRST, "Yes.", SECOND]
    assert kept(content, ["A bridge at last", *paragraphs]) == ["17 April A bridge at last", FIRST, "Yes.", SECOND]


def test_such_a_paragraph_is_found_behind_a_long_menu():
    menu = "".join(f"<li>Item {number}</li>" for number in range(200))
    assert kept(f"<ul>{menu}</ul><p>{FIRST}</p>", [FIRST.replace("Monday", "")]) == [FIRST]


def test_part_of_a_block_is_kept_with_its_marks():
    assert kept(f"<div>Menu | News “{FIRST}” Next</div>", [FIRST]) == [f"“{FIRST}”"]


def test_a_paragraph_over_several_blocks_is_all_of_them():
    assert kept(PAGE, [f"{FIRST} Yes. {SECOND}"]) == [FIRST, "Yes.", SECOND]


def test_what_is_not_in_the_page_is_left_out():
    assert kept(PAGE, [FIRST, "This paragraph stands in no page at all, not even in a part of this one.", SECOND]) == [
        FIRST,
        SECOND,
    ]
    assert kept(PAGE, ["Nothing of the sort", "***", ""]) is None
    assert kept("", [FIRST]) is None


@given(st.data())
def test_any_choice_of_different_paragraphs_is_found_again(data: st.DataObject):
    words = st.text(alphabet="abcdeé “,", min_size=1, max_size=80).map(lambda text: " ".join(text.split()))
    paragraphs = data.draw(st.lists(words.filter(lambda text: any(map(str.isalnum, text))), min_size=1, max_size=8))
    different = {"".join(filter(str.isalnum, text)): text for text in paragraphs}.values()
    chosen = [text for text in different if data.draw(st.booleans())]
    assert kept("".join(f"<p>{text}</p>" for text in different), chosen) == (chosen or None)


def test_a_page_full_of_paragraphs_that_are_not_there_takes_no_time():
    wanted = ["a" * 90 + "b" * (number % 7 + 1) for number in range(4_000)]
    assert kept(f"<p>{'a' * 100_000}</p>", wanted) is None
