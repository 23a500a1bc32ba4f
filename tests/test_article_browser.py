"""Does an article's page work in a real browser: filters, links, keyboard, phone, dark, paper, hostile text, and a long one?"""

from dataclasses import replace

import pytest

from stancelab.article.articles_index import ArticleEntry, articles_index
from stancelab.article.found import Analysis
from stancelab.article.page import article_page
from stancelab.article.source import Block, Source

pytestmark = pytest.mark.slow

HOSTILE = (
    "</script><script>document.title='owned'</script><!-- ]]><img src='http://x.invalid/' onerror=\"document.title='owned'\">"
)
READABLE = 4.5
"""The contrast of text that WCAG 2.2 asks for (1.4.3)."""
CONTRASTS = """(chosen) => {
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => rgb(colour).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const grounds = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const style = getComputedStyle(each);
            if (style.backgroundImage !== "none") return style.backgroundImage.match(/(?:rgb|color)\\([^)]*\\)/g);
            if (rgb(style.backgroundColor)[3] && style.backgroundColor !== "rgba(0, 0, 0, 0)") return [style.backgroundColor];
        }
        return ["white"];
    };
    return [...document.querySelectorAll(chosen)].map((element) => {
        const ink = light(getComputedStyle(element).color);
        const ratio = (ground) => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
        return Math.min(...grounds(element).map(light).map(ratio));
    });
}"""


@pytest.fixture(scope="session")
def tram_page(tmp_path_factory, tram_analysis):
    """The page of the tram article."""
    path = tmp_path_factory.mktemp("article") / "tram.html"
    path.write_text(article_page(tram_analysis), encoding="utf-8")
    return path


def counted(analysis, *, mode=None, **asked):
    """The numbers of the statements of which some attribution has everything asked for."""
    return [
        number
        for number, one in enumerate(analysis.statements, 1)
        if mode in (None, one.mode)
        and any(all(getattr(each, key) in values for key, values in asked.items()) for each in one.attributions)
    ]


def shown(tab):
    """The numbers of the rows that are seen, after a check that text and count agree with them."""
    rows = [int(each) for each in tab.locator("#table tbody:visible").evaluate_all("(all) => all.map((each) => each.dataset.s)")]
    marks = tab.locator("#text mark:not(.off)").evaluate_all("(all) => all.map((each) => each.dataset.s)")
    assert {int(each) for each in marks} == set(rows)
    assert tab.locator("#text a.chip:visible").count() == len(rows)
    everything = tab.locator("#table tbody").count()
    assert tab.locator("#count").inner_text() == f"{len(rows)} of {everything} statements shown"
    return sorted(rows)


def test_filters_show_what_a_count_finds(open_page, tram_page, tram_analysis):
    tab = open_page(tram_page)
    assert shown(tab) == list(range(1, 13))
    tab.select_option("[name=actor]", "bus")
    assert shown(tab) == counted(tram_analysis, actor_id=["bus"]) != []
    tab.check("[name=stance][value=against]")
    assert shown(tab) == counted(tram_analysis, actor_id=["bus"], label=["against"]) != []
    tab.check("[name=stance][value=neutral]")
    assert shown(tab) == counted(tram_analysis, actor_id=["bus"], label=["against", "neutral"])
    tab.select_option("[name=role]", "reported")
    assert shown(tab) == counted(tram_analysis, actor_id=["bus"], label=["against", "neutral"], role=["reported"])
    tab.select_option("[name=mode]", "narrated")
    assert shown(tab) == [9]
    tab.click("#clear")
    assert len(shown(tab)) == 12
    tab.check("[name=unsure]")
    assert shown(tab) == [6, 8, 9, 12]
    assert tab.locator("#row-8 tr.other").count() == 1


def test_words_that_are_not_shown_lose_their_shade(open_page, tram_page):
    tab = open_page(tram_page, "#actor=okafor&stance=favor")
    ground = "(mark) => getComputedStyle(mark).backgroundColor + getComputedStyle(mark).textDecorationLine"
    shades = dict(tab.locator("#text mark").evaluate_all(f"(all) => all.map((each) => [each.dataset.s, ({ground})(each)])"))
    assert {number for number, shade in shades.items() if shade != "rgba(0, 0, 0, 0)none"} == {"7"}


def test_the_address_holds_what_is_shown(open_page, tram_page, tram_analysis):
    tab = open_page(tram_page)
    tab.select_option("[name=actor]", "varga")
    tab.check("[name=stance][value=favor]")
    tab.click("#table th[data-key=stance] button")
    tab.click("#table th[data-key=stance] button")
    tab.click("#row-2 th a")
    fragment = tab.evaluate("location.hash")
    assert fragment == "#actor=varga&stance=favor&sort=-stance&statement=2"
    again = open_page(tram_page, fragment)
    assert shown(again) == counted(tram_analysis, actor_id=["varga"], label=["favor"])
    assert again.locator("#table tbody:visible").evaluate_all("(all) => all.map((each) => each.id)") == ["row-1", "row-2"]
    assert again.locator("#row-2.chosen").count() == 1
    again.click("#clear")
    again.click("#table th[data-key=number] button")
    assert again.evaluate("location.hash") == "#statement=2"
    strange = open_page(tram_page, "#actor=%3Cimg%3E&stance=x&sort=nothing&statement=99&role=1&mode=&unsure=7")
    assert len(shown(strange)) == 12
    assert strange.locator("[name=actor] option:checked").inner_text() == "all"


def test_a_name_shows_its_statements_alone(open_page, tram_page, tram_analysis):
    tab = open_page(tram_page)
    tab.click(".actors tbody a:has-text('Tomas Brandt')")
    assert shown(tab) == counted(tram_analysis, actor_id=["brandt"])
    tab.locator(".chart a", has_text="Lena Okafor").click()
    assert shown(tab) == counted(tram_analysis, actor_id=["okafor"])


def test_words_lead_to_their_row_and_back(open_page, tram_page):
    tab = open_page(tram_page, viewport={"width": 1300, "height": 500})
    seen = "(element) => { const box = element.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"
    tab.locator("#text mark[data-s='4']").nth(1).click()
    assert tab.evaluate("document.querySelector('.chosen th a').closest('tbody').id") == "row-4"
    assert tab.locator("#text mark.chosen").count() == 2
    assert tab.locator("#row-4 th a").evaluate(seen)
    tab.locator("#row-12 .words").click()
    assert tab.locator("#s-12").evaluate(seen)
    assert tab.locator("mark.chosen").evaluate_all("(all) => all.map((each) => each.dataset.s)") == ["12"]
    tab.locator("#text mark[data-s='9']").click()
    assert tab.locator("tbody.chosen").get_attribute("id") == "row-9"


def test_the_keyboard_is_enough(open_page, tram_page, tram_analysis):
    tab = open_page(tram_page)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.focus("[name=actor]")
    tab.keyboard.type("Lena")
    assert shown(tab) == counted(tram_analysis, actor_id=["okafor"])
    tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Space")
    assert shown(tab) == counted(tram_analysis, actor_id=["okafor"], label=["favor"]) == [7]
    for _ in range(7):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "clear"
    tab.keyboard.press("Enter")
    assert len(shown(tab)) == 12
    tab.focus("#s-3")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.hash") == "#s-3"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "s-3"
    tab.focus("th[data-key=actor] button")
    tab.keyboard.press("Enter")
    names = tab.locator("#table tr:first-child .who bdi").all_inner_texts()
    assert names == sorted(names, key=str.casefold)
    assert tab.get_attribute("th[data-key=actor]", "aria-sort") == "ascending"
    assert tab.get_attribute("#count", "aria-live") == "polite"


def test_without_script_everything_is_shown(open_page, tram_page):
    tab = open_page(tram_page, java_script_enabled=False)
    assert tab.locator("#table tbody:visible").count() == 12
    assert tab.locator("#text a.chip:visible").count() == 12
    assert not tab.locator("#filters").is_visible()
    assert tab.locator(".chart").is_visible()


def test_hostile_text_is_text(open_page, tram_analysis, tmp_path):
    size = len(HOSTILE)
    source = Source(
        HOSTILE, HOSTILE, HOSTILE, range(size), range(1, size + 1), (Block(0, size, 1, "body"),), HOSTILE, notes=(HOSTILE,)
    )
    whole = replace(tram_analysis.statements[0], start=0, end=size, span=HOSTILE, text=HOSTILE, cue=HOSTILE)
    attribution = replace(whole.attributions[0], actor_id=HOSTILE)
    actor = tram_analysis.actors[0].model_copy(update={"id": HOSTILE, "name": HOSTILE, "aliases": [HOSTILE]})
    whole = replace(whole, attributions=(attribution,))
    path = tmp_path / "hostile.html"
    hostile = Analysis(source, (actor,), (whole,), HOSTILE, tram_analysis.scheme, HOSTILE, (HOSTILE,))
    path.write_text(article_page(hostile), encoding="utf-8")
    tab = open_page(path)
    assert tab.title() == f"{HOSTILE} · stancelab"
    assert tab.locator("img").count() == 0
    assert tab.locator("h1").inner_text() == HOSTILE
    assert tab.locator("#row-1 .words").inner_text() == HOSTILE
    tab.click(".actors tbody a")
    assert tab.input_value("[name=actor]") == HOSTILE
    assert shown(tab) == [1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_read_on_every_shade(open_page, tram_page, scheme):
    tab = open_page(tram_page, color_scheme=scheme)
    for chosen in (
        "body",
        "#text mark",
        "#text .letter",
        "#text p:not(.body)",
        ".soft",
        "#table td",
        "#table small",
        ".share",
        "#count",
    ):
        found = tab.evaluate(CONTRASTS, chosen)
        assert found, chosen
        assert min(found) >= READABLE, chosen
    assert (tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") == (scheme == "light")
    lines = tab.locator(".legend .shade").evaluate_all(
        "(all) => all.map((each) => getComputedStyle(each).textDecorationLine + getComputedStyle(each).textDecorationStyle)"
    )
    assert len(set(lines[:3])) == 3


def test_a_phone_is_not_exceeded(open_page, tram_page):
    tab = open_page(tram_page, viewport={"width": 380, "height": 700})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 380
    assert tab.locator(".chart").bounding_box()["width"] <= 348
    texts = tab.locator(".chart text").evaluate_all("(all) => all.map((each) => parseFloat(getComputedStyle(each).fontSize))")
    assert min(texts) >= 12


def test_paper_has_the_text_and_no_controls(open_page, tram_page):
    tab = open_page(tram_page, "#actor=brandt", viewport={"width": 1300, "height": 120})
    tab.emulate_media(media="print")
    assert not tab.locator("#filters, .skip").first.is_visible()
    assert tab.locator("#text mark[data-s='3']").evaluate("(mark) => getComputedStyle(mark).printColorAdjust") == "exact"
    assert tab.locator("#table tbody:visible").count() == 3
    assert tab.locator(".statements .scroll").evaluate("(each) => each.scrollHeight <= each.clientHeight + 1")
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


def test_a_long_article_is_browsed(open_page, tram_analysis, tmp_path):
    content = "\n\n".join("So they said. " * 20 for _ in range(60))
    starts = [place for place in range(len(content)) if content.startswith("So they", place)]
    one = tram_analysis.statements[0]
    voices = [each.attributions for each in tram_analysis.statements]
    found = tuple(
        replace(one, start=start, end=start + 13, span="So they said.", text="So they said.", attributions=voices[number % 12])
        for number, start in enumerate(starts)
    )
    blocks = tuple(Block(at, at + 280, at // 282 + 1, "body") for at in range(0, len(content), 282))
    source = Source("long", content, content, range(len(content)), range(1, len(content) + 1), blocks)
    analysis = replace(tram_analysis, source=source, statements=found)
    path = tmp_path / "long.html"
    path.write_text(article_page(analysis), encoding="utf-8")
    tab = open_page(path, "#stance=against&statement=1100")
    expected = len(counted(analysis, label=["against"]))
    assert tab.locator("#count").inner_text() == f"{expected:,} of 1,200 statements shown"
    tab.select_option("[name=actor]", "brandt")
    expected = len(counted(analysis, label=["against"], actor_id=["brandt"]))
    assert tab.locator("#count").inner_text() == f"{expected:,} of 1,200 statements shown"


def test_the_index_sorts_and_leads_to_the_pages(open_page, tram_page, tram_analysis, tmp_path):
    (tmp_path / "articles").mkdir()
    page = tmp_path / "articles" / "tram.html"
    page.write_text(tram_page.read_text(encoding="utf-8"), encoding="utf-8")
    index = tmp_path / "index.html"
    entries = [ArticleEntry(f"a-{number}", None, None, number, 1) for number in (9, 10, 2)]
    index.write_text(articles_index([*entries, ArticleEntry.of(tram_analysis)]), encoding="utf-8")
    tab = open_page(index)
    tab.click("th[data-key=statements] button")
    assert tab.locator("#table td:nth-child(3)").all_inner_texts() == ["2", "9", "10", "12"]
    tab.click("th[data-key=article] button")
    assert tab.locator("#table th a").all_inner_texts()[:3] == ["a-2", "a-9", "a-10"]
    open_page(page)
    tab.click("a:has-text('Council')")
    assert tab.title() == "Council puts the tram through the old town to a vote · stancelab"
