"""Does an article's page hold every statement and actor once, where it stands, and does it say nothing as markup?"""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from stancelab.article.articles_index import ArticleEntry, articles_index, page_name
from stancelab.article.found import Analysis, Attribution, FoundActor, Statement
from stancelab.article.page import article_page
from stancelab.article.shading import paragraphs
from stancelab.article.source import Block, Source
from stancelab.article.stance_chart import stance_chart, tallies
from stancelab.labels import LabelScheme, scheme_named, schemes

HOSTILE = (
    '</script><script>alert(1)</script><!-- ]]> <img src=x onerror="alert(2)"> \'q\' "d" javascript:alert(3) {{ 7*7 }} &amp;'
)


def select(element, chosen):
    """The elements below this one that a selector of tags, #ids, .classes and [attribute='value'] names, in order."""
    paths = []
    for way in chosen.split(", "):
        steps = [re.findall(r"^[\w]+|#[\w-]+|\.[\w-]+|\[[^]]+\]", step) for step in way.split()]
        paths.append("." + "".join("//" + _step(parts) for parts in steps))
    return element.xpath(" | ".join(paths))


def _step(parts):
    tests = {"#": "[@id='{}']", ".": "[contains(concat(' ', @class, ' '), ' {} ')]", "[": "[@{}"}
    name = parts[0] if parts[0][0] not in tests else "*"
    return name + "".join(tests[part[0]].format(part[1:]) for part in parts if part[0] in tests)


def words(element):
    return " ".join(element.text_content().split())


def plain(source_text, **facts):
    blocks, at = [], 0
    for number, line in enumerate(source_text.split("\n\n"), 1):
        blocks.append(Block(at, at + len(line), number, "body"))
        at += len(line) + 2
    size = len(source_text)
    return Source(facts.pop("doc_id", "a"), source_text, source_text, range(size), range(1, size + 1), tuple(blocks), **facts)


def statement(start, end, content, *attributions, mode="indirect"):
    span = content[start:end]
    return Statement("s", start, end, span, " ".join(span.split()) or "-", 1, mode, None, None, None, attributions)


def actor(key, name="Somebody", **more):
    given = {"kind": "person", "affiliation": None, "country": None, "role": None, "aliases": [], "mentions": 1, **more}
    return FoundActor(id=key, name=name, **given)


def said(key, label=None, share=None, role="speaker", confidence=0.9):
    return Attribution(key, role, None, confidence, label, None if share is None else {label: share})


def hostile_analysis():
    content = f"{HOSTILE}\n\nThey said {HOSTILE}."
    start = content.index("They")
    voices = (said(HOSTILE, "favor", 0.4),)
    source = plain(content, doc_id=HOSTILE, title=HOSTILE, date=HOSTILE, outlet=HOSTILE, language='"><b>', notes=(HOSTILE,))
    more = {"affiliation": HOSTILE, "role": HOSTILE, "aliases": [HOSTILE]}
    found = (statement(start, len(content), content, *voices),)
    return Analysis(
        source, (actor(HOSTILE, HOSTILE, **more),), found, HOSTILE, scheme_named("favor-against-none"), HOSTILE, (HOSTILE,)
    )


def test_every_statement_and_actor_stands_once(tram_analysis):
    page = html.document_fromstring(article_page(tram_analysis))
    numbers = [str(number) for number in range(1, len(tram_analysis.statements) + 1)]
    assert [body.get("data-s") for body in select(page, "#table tbody")] == numbers
    assert [chip.get("href") for chip in select(page, "#text a.chip")] == [f"#row-{number}" for number in numbers]
    for number, one in zip(numbers, tram_analysis.statements, strict=True):
        row = page.get_element_by_id(f"row-{number}")
        assert [words(cell) for cell in select(row, ".words")] == [one.text]
        assert [line.get("data-actor") for line in select(row, "tr")] == [each.actor_id for each in one.attributions]
        assert [line.get("data-stance") for line in select(row, "tr")] == [each.label for each in one.attributions]
        assert [words(cell) for cell in select(row, ".part")] == [each.role for each in one.attributions]
        assert select(row, "th a")[0].get("href") == f"#{page.get_element_by_id(f's-{number}').get('id')}"
        shares = [re.search(r"\d\.\d\d", words(cell)).group() for cell in select(row, ".stance")]
        assert shares == [f"{each.probabilities[each.label]:.2f}" for each in one.attributions]
    names = [words(cell) for cell in select(page, "table.actors tbody bdi")]
    assert sorted(names) == sorted(each.name for each in tram_analysis.actors)


def test_the_shaded_words_are_the_statements(tram_analysis):
    page = html.document_fromstring(article_page(tram_analysis))
    for chip in select(page, "#text .chip"):
        tail = chip.tail
        chip.clear()
        chip.tail = tail
    for number, one in enumerate(tram_analysis.statements, 1):
        shaded = [mark.text_content() for mark in select(page, f"#text mark[data-s='{number}']")]
        assert "".join(shaded) == one.span.replace("\n\n", "")
    text = [p.text_content().strip() for p in select(page, "#text p")]
    assert text == [tram_analysis.source.text[block.start : block.end] for block in tram_analysis.source.blocks]
    assert [p.get("class") for p in select(page, "#text p")] == [block.kind for block in tram_analysis.source.blocks]


def test_actors_have_their_numbers(tram_analysis):
    page = html.document_fromstring(article_page(tram_analysis))
    rows = {words(select(row, "bdi")[0]): [words(cell) for cell in select(row, "td")] for row in select(page, ".actors tbody tr")}
    assert rows["Ilse Varga"] == ["person", "mayor", "Town of Ostrell", "3", "2", "", "1", ""]
    assert rows["Tomas Brandt"] == ["person", "hat trader", "", "3", "1", "2", "", ""]
    assert rows["residents"] == ["group", "", "", "0", "", "", "", ""]
    legend = [words(item) for item in select(page, ".legend li")]
    assert legend == ["F favor 4", "A against 4", "N neutral 4", "U unrelated 2", "? less than 0.5 sure"]


def test_several_stances_of_a_statement_are_all_shown(tram_analysis):
    page = html.document_fromstring(article_page(tram_analysis))
    mark = select(page, "#text mark[data-s='6']")[0]
    assert mark.get("class").split() == ["neutral", "mixed", "with-favor"]
    assert [letter.text_content() for letter in select(mark, ".letter")] == ["N?", "F"]
    assert page.get_element_by_id("s-6").get("aria-label") == "Statement 6: Ilse Varga neutral, unsure; Tomas Brandt favor"


def test_what_is_unsure_is_called_so(tram_analysis):
    page = html.document_fromstring(article_page(tram_analysis))
    low = [each.probabilities[each.label] < 0.5 for one in tram_analysis.statements for each in one.attributions]
    lines = select(page, "#table tbody tr")
    assert [line.get("data-unsure") is not None for line in lines] == low
    assert ["unsure" in words(select(line, ".stance")[0]) for line in lines] == low
    assert sum("unsure who" in words(line) for line in lines) == 3


def test_what_made_it_and_its_notes_are_told(tram_analysis):
    page = html.document_fromstring(article_page(replace(tram_analysis, notes=("A note of the analysis.",))))
    assert words(select(page, ".lead")[0]) == (
        "12 statements by 7 actors, and where they stand on a tram through the old town of Ostrell."
    )
    facts = [words(each) for each in select(page, ".made dd")]
    assert facts[0] == tram_analysis.model
    assert facts[1].startswith(tram_analysis.scheme.name)
    assert [words(note) for note in select(page, ".warning li")] == [*tram_analysis.source.notes, "A note of the analysis."]
    assert page.get_element_by_id("text").get("lang") == "en"


def test_without_a_target_there_is_no_stance(tram_analysis):
    bare = tuple(
        replace(one, attributions=tuple(replace(each, label=None, probabilities=None) for each in one.attributions))
        for one in tram_analysis.statements
    )
    page = html.document_fromstring(article_page(replace(tram_analysis, statements=bare, target=None, scheme=None, model=None)))
    assert {mark.get("class") for mark in select(page, "#text mark")} == {"plain"}
    assert not select(page, "#text .letter, #table .stance, input[name=stance], .legend")
    assert "No target was given" in words(select(page, ".note")[0])
    assert [words(each) for each in select(page, ".chart .tally")] == ["3", "3", "3", "2", "1", "1", "1"]


def test_a_statement_that_nobody_makes_has_a_row():
    content = "It rains."
    page = html.document_fromstring(article_page(Analysis(plain(content), (), (statement(0, 9, content),))))
    assert words(select(page.get_element_by_id("row-1"), ".who")[0]) == "nobody named"
    assert words(select(page, ".lead")[0]) == "1 statement by 0 actors."


def test_an_article_without_statements_has_a_page():
    page = html.document_fromstring(article_page(Analysis(plain("Nothing."), (), ())))
    assert words(page.get_element_by_id("text")) == "Nothing."
    assert not select(page, ".chart")


@pytest.mark.parametrize("name", sorted(schemes()))
def test_every_scheme_has_a_page(name):
    content = "One two three four"
    scheme = schemes()[name]
    found = tuple(statement(0, 3, content, said("a", label, 0.6)) for label in scheme.labels)
    page = html.document_fromstring(article_page(Analysis(plain(content), (actor("a"),), found, "t", scheme, "m")))
    assert page.xpath("//input[@name='stance']/@value") == list(scheme.labels)
    assert len(select(page, ".chart .bar")) == len(scheme.labels)
    letters = [words(each) for each in select(page, "#filters .letter")]
    assert len(set(letters)) == len(scheme.labels)


def test_the_markup_is_sound(tram_analysis):
    text = article_page(tram_analysis)
    page = html.document_fromstring(text)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in page.xpath("//a/@href") if "=" not in link)
    assert all(select(table, "caption") for table in select(page, "table"))
    assert [page.get("lang"), len(select(page, "main")), len(select(page, "h1"))] == ["en", 1, 1]
    assert all(select(label, "input, select") for label in select(page, "form label"))
    assert not re.search(r'\s(?:style|on\w+)="', re.sub("<(style|script)>.*?</\\1>", "", text, flags=re.DOTALL))
    parsed = html.HTMLParser()
    html.document_fromstring(text, parser=parsed)
    unknown = [error.message for error in parsed.error_log if "Tag " not in error.message]
    assert unknown == []


def test_the_policy_names_the_style_and_the_script_alone(tram_analysis):
    for text in (article_page(tram_analysis), articles_index([ArticleEntry.of(tram_analysis)])):
        page = html.document_fromstring(text)
        policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        for kind in ("style", "script"):
            (inner,) = re.findall(f"<{kind}>(.*?)</{kind}>", text, flags=re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}';" in policy
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert not page.xpath("//@src | //link | //@action | //@formaction")
        assert "url(http" not in text
        assert "@import" not in text


def test_hostile_text_is_text(tram_analysis):
    honest = html.document_fromstring(article_page(tram_analysis))
    text = article_page(hostile_analysis())
    page = html.document_fromstring(text)
    assert {element.tag for element in page.iter(html.etree.Element)} <= {each.tag for each in honest.iter(html.etree.Element)}
    assert len(select(page, "script")) == 1
    assert not page.xpath("//comment()")
    assert not [name for element in page.iter(html.etree.Element) for name in element.attrib if name.startswith("on")]
    assert all(link.startswith("#") for link in page.xpath("//a/@href"))
    seen = " ".join(HOSTILE.split())
    assert words(select(page, "h1")[0]) == seen
    assert words(select(page, "#text p")[0]) == seen
    assert words(select(page, "#row-1 .who bdi")[0]) == seen
    assert page.xpath("//option/@value")[1] == HOSTILE
    index = html.document_fromstring(articles_index([ArticleEntry.of(hostile_analysis())]))
    assert re.fullmatch(r"articles/[\w-]+\.html", select(index, "tbody a")[0].get("href"))
    assert len(select(index, "script, img")) == 1


def entity_source(blocks):
    """A source whose content has tags and entities: each & of the text is &amp; there, each paragraph is in <p>."""
    content, starts, ends, text, found = "", [], [], "", []
    for number, block in enumerate(blocks, 1):
        if number > 1:
            starts += [len(content)] * 2
            ends += [len(content)] * 2
            text += "\n\n"
        content += "<p>"
        begin = len(text)
        for letter in block:
            written = letter.replace("&", "&amp;")
            starts.append(len(content))
            content += written
            ends.append(len(content))
            text += letter
        found.append(Block(begin, len(text), number, "body"))
        content += "</p>"
    return Source("h", content, text, starts, ends, tuple(found))


@given(
    st.lists(st.text("ab& ", min_size=1, max_size=12), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6),
)
def test_pieces_are_covered_by_the_statements_that_a_count_of_letters_finds(blocks, spans):
    source = entity_source(blocks)
    visible = [place for place in range(len(source.text)) if source.ends[place] > source.starts[place]]
    chosen = [tuple(sorted((visible[a % len(visible)], visible[b % len(visible)]))) for a, b in spans]
    found = [statement(*source.place(low, high + 1), source.content) for low, high in chosen]
    made = paragraphs(source, found)
    begun = []
    for block, paragraph in zip(source.blocks, made, strict=True):
        assert "".join(piece.text for piece in paragraph.pieces) == source.text[block.start : block.end]
        place = block.start
        for piece in paragraph.pieces:
            assert piece.text
            for _ in piece.text:
                assert set(piece.inside) == {n for n, (low, high) in enumerate(chosen) if low <= place <= high}
                place += 1
            begun += sorted(piece.begins)
            assert all(chosen[n][0] == place - len(piece.text) for n in piece.begins)
    assert sorted(begun) == list(range(len(chosen)))


@given(st.lists(st.lists(st.sampled_from(["favor", "against", "neutral", "unrelated", None]), max_size=6), max_size=9))
def test_bars_have_one_unit_and_stand_on_their_side(told):
    content = "Words"
    scheme = scheme_named("favor-against-neutral-unrelated")
    actors = tuple(actor(f"a{number}") for number in range(len(told)))
    found = tuple(statement(0, 5, content, said(f"a{n}", label)) for n, labels in enumerate(told) for label in labels)
    analysis = Analysis(plain(content), actors, found, "t", scheme)
    chart = stance_chart(analysis)
    counted = tallies(analysis)
    assert {key: sum(tally.values()) for key, tally in counted.items()} == {f"a{n}": len(labels) for n, labels in enumerate(told)}
    assert sorted(line.actor.id for line in (*chart.lines, *chart.aside)) == sorted(
        f"a{n}" for n, labels in enumerate(told) if labels
    )
    for line in chart.lines:
        assert {bar.label: bar.count for bar in line.bars} == counted[line.actor.id]
    bars = [bar for line in chart.lines for bar in line.bars]
    assert all(bar.x >= -1e-6 and bar.x + bar.width <= 100 + 1e-6 for bar in bars)
    for one, other in product(bars, bars):
        assert one.width * other.count == pytest.approx(other.width * one.count)
    for bar in bars:
        if bar.label == "favor":
            assert bar.x == pytest.approx(chart.zero)
        elif bar.label == "against":
            assert bar.x + bar.width == pytest.approx(chart.zero)
        else:
            assert bar.x >= chart.beside - 1e-6
    if any(label not in (None, "unrelated") for labels in told for label in labels):
        assert not [line for line in chart.aside if counted[line.actor.id].keys() - {None, "unrelated"}]


def test_actors_go_from_the_most_in_favour_to_the_most_against(tram_analysis):
    chart = stance_chart(tram_analysis)
    assert [line.actor.id for line in chart.lines] == ["varga", "okafor", "chamber", "brandt", "bus"]
    assert {line.actor.id for line in chart.aside} == {"archive", "police"}


def test_a_picture_has_room_for_so_many():
    content = "Words"
    actors = tuple(actor(f"a{number}") for number in range(40))
    found = tuple(statement(0, 5, content, said(each.id, "b")) for each in actors for _ in range(1 + (each.id == "a39")))
    analysis = Analysis(plain(content), actors, found, "t", LabelScheme("own", ("b", "c")))
    chart = stance_chart(analysis)
    assert (len(chart.lines), chart.unplaced, chart.lines[0].actor.id) == (24, 16, "a39")
    assert "16 more actors" in article_page(analysis)


@given(st.lists(st.text(max_size=12) | st.sampled_from(["con", "a--b", "A", "a", "a.", ".a", "é", "e\u0301"]), unique=True))
def test_page_names_are_safe_and_never_the_same(names):
    made = [page_name(name) for name in names]
    assert len({each.casefold() for each in made}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.html", each) and len(each) < 128 for each in made)
    assert not any(re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\.", each) for each in made)


def test_a_name_that_looks_like_a_made_one_is_another():
    made = page_name("Wire").removesuffix(".html")
    assert page_name(made) != f"{made}.html"
    assert page_name("dev-1.txt") == "dev-1.txt.html"


def test_the_index_lists_every_article(tram_analysis):
    entries = [ArticleEntry.of(tram_analysis), ArticleEntry("b/2", None, None, 0, 0, ("Empty.",))]
    page = html.document_fromstring(articles_index(entries))
    rows = [[words(cell) for cell in select(row, "th, td")] for row in select(page, "#table tbody tr")]
    assert rows[0] == [
        "Council puts the tram through the old town to a votetram",
        "2029-05-03",
        "12",
        "7",
        *tram_analysis.source.notes,
    ]
    assert rows[1] == ["b/2", "", "0", "0", "Empty."]
    assert [link.get("href") for link in select(page, "tbody a")] == ["articles/tram.html", f"articles/{page_name('b/2')}"]
