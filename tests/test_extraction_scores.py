import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.extraction_scores import actor_scores, end_to_end_scores, matched, paired_parties, span_scores
from stancelab.article.found import Analysis, Attribution, FoundActor, Statement
from stancelab.article.marked import Comparison, Marked, Party, attributed, found_of, gold_of
from stancelab.article.source import Source
from stancelab.dataset import load_dataset

TEXT = "Title\n\nAda wants it. Bo said “no”. Cy asked.\n\n“Never,” the fishers’ union said, and Dan left.\n"


def at(words, mode="indirect", *parties):
    start = TEXT.index(words)
    return Marked(start, start + len(words), mode, parties)


def person(name, label=None, role="speaker"):
    return Party(name, True, role, label)


UNION = Party("Fishers' Union", False, "speaker", "against")
GOLD = (
    at("Ada wants it", "narrated", person("Ada Brook", "favor")),
    at("Bo said “no”", "mixed", person("Bo Lund", "against")),
    at("Cy asked", "indirect", person("Cy Orr", "neutral")),
    at("“Never,” the fishers’ union said", "direct", UNION, Party("Dan Eck", True, "reported", "neutral")),
)
FOUND = (
    at("Ada wants it.", "narrated", person("Ada Brook", "favor")),
    at("Bo said “no", "direct", person("Cy Orr", "against")),
    at("Never,” the fishers’ union said", "direct", Party("the fishers’ union", False, "speaker", "favor")),
    at("Dan left", "narrated", person("Dan Eck", "neutral")),
)


def article(gold=GOLD, found=FOUND, name="a"):
    return Comparison(name, TEXT, tuple(gold), tuple(found))


def named(scores):
    return {score.name: score for score in scores}


def test_spans_by_hand():
    scores = named(span_scores([article()]))
    exact, half = scores["spans, exact"], scores["spans, overlap 0.5"]
    assert (exact.gold, exact.found, exact.recall.value, exact.precision.value) == (4, 4, 0.5, 0.5)
    assert (half.recall.value, half.precision.value, half.f1.value) == (0.75, 0.75, 0.75)
    assert half.clusters == 2


def test_recall_of_a_mode_is_by_gold_and_precision_by_what_was_found():
    scores = named(span_scores([article()]))
    direct, narrated = scores["spans, overlap 0.5: direct"], scores["spans, overlap 0.5: narrated"]
    assert (direct.gold, direct.found, direct.recall.value, direct.precision.value) == (1, 2, 1.0, 1.0)
    assert (narrated.recall.value, narrated.precision.value) == (1.0, 0.5)
    mixed = scores["spans, overlap 0.5: mixed"]
    assert (mixed.found, mixed.recall.value, mixed.precision) == (0, 1.0, None)
    assert scores["mode, where the span is found"].recall.value == pytest.approx(2 / 3)


def test_actors_of_gold_spans_by_hand():
    found = (
        at("Ada wants it", "narrated", person("Ada Brook"), person("Bo Lund", role="reported")),
        at("Bo said “no”", "mixed", person("Bo Lund")),
        at("Cy asked", "indirect"),
        at("“Never,” the fishers’ union said", "direct", UNION, person("Dan Eck")),
    )
    scores = named(actor_scores([article(found=found)]))
    assert scores["all actors"].recall.value == 0.5
    assert scores["speakers"].recall.value == 0.5
    assert scores["speakers: direct"].recall.value == 0.0
    rows = scores["(statement, actor) rows"]
    assert (rows.gold, rows.found, rows.recall.value, rows.precision.value) == (5, 5, 0.8, 0.8)


def test_without_gold_roles_speakers_are_not_scored():
    gold = (at("Ada wants it", "narrated", Party("Ada Brook", True, None, "favor")),)
    assert list(named(actor_scores([article(gold=gold, found=gold)]))) == ["all actors", "(statement, actor) rows"]


def test_from_end_to_end_by_hand():
    actor, labelled = end_to_end_scores([article()])
    assert (actor.gold, actor.found) == (labelled.gold, labelled.found) == (5, 4)
    assert (actor.recall.value, actor.precision.value) == (0.4, 0.5)
    assert (labelled.recall.value, labelled.precision.value) == (0.2, 0.25)
    assert labelled.f1.value == pytest.approx(2 / 9)
    assert labelled.f1.low <= labelled.f1.value <= labelled.f1.high


def test_without_found_labels_there_is_no_score_of_them():
    bare = [Marked(one.start, one.end, one.mode, tuple(Party(p.name, p.person, p.role) for p in one.parties)) for one in FOUND]
    assert [score.name for score in end_to_end_scores([article(found=bare)])] == ["(statement, actor)"]


def test_one_actor_is_not_two():
    union, short = Party("Fishers' Union of Tarn", False, "speaker"), Party("Fishers' Union", False, "speaker")
    assert paired_parties([union], [short, union]) == [(union, union)]
    assert paired_parties([union, short], [union]) == [(union, union)]


def test_what_is_found_is_given_to_the_paragraph_of_its_gold():
    gold = [at("asked.\n\n“Never,” the fishers’ union said"), at("Ada wants it")]
    found = [at("“Never,” the fishers’ union said")]
    assert span_scores([article(gold, found)])[1].recall.value == 0.5
    assert span_scores([article(gold, found)])[1].clusters == 1


def test_nothing_at_all_has_no_score():
    score = span_scores([article((), ())])[0]
    assert (score.gold, score.found, score.recall, score.precision, score.f1) == (0, 0, None, None, None)


def test_finding_only_what_is_not_there_is_zero():
    score = span_scores([article(GOLD[:1], FOUND[3:])])[0]
    assert (score.recall.value, score.precision.value, score.f1.value) == (0.0, 0.0, 0.0)


def test_finding_nothing_is_no_recall_and_no_precision():
    score = span_scores([article(found=())])[0]
    assert (score.recall.value, score.precision, score.f1.value) == (0.0, None, 0.0)


@given(st.permutations(GOLD), st.permutations(FOUND), st.sampled_from([0.5, 1.0]))
def test_the_order_of_statements_does_not_count(gold, found, least):
    def key(pair):
        return tuple(one and one.start for one in pair)

    assert {key(pair) for pair in matched(article(gold, found), least=least)} == {
        key(pair) for pair in matched(article(), least=least)
    }


@given(st.lists(st.sampled_from(GOLD), unique=True, min_size=1))
def test_gold_against_itself_is_all_right(gold):
    for score in [
        *span_scores([article(gold, gold)]),
        *actor_scores([article(gold, gold)]),
        *end_to_end_scores([article(gold, gold)]),
    ]:
        for part in (score.recall, score.precision, score.f1):
            assert part is None or (part.value, part.low, part.high) == (1.0, 1.0, 1.0)


def test_gold_of_a_dataset(bridge):
    rows = load_dataset(bridge).rows
    gold = gold_of(rows)["bridge-1"]
    assert len(gold) == rows["group"].nunique()
    assert [(one.start, one.end) for one in gold] == sorted((one.start, one.end) for one in gold)
    together = next(one for one in gold if len(one.parties) > 1)
    assert {party.label for party in together.parties} <= set(rows["label"])
    assert {party.role for one in gold for party in one.parties} == {None}
    spoken = gold_of(rows.assign(role="reported"))["bridge-1"]
    assert {party.role for one in spoken for party in one.parties} == {"reported"}
    assert {party.person for party in gold[0].parties} == {True}


def actor(name, kind):
    facts = {"affiliation": None, "country": None, "role": None, "aliases": [], "mentions": 1}
    return FoundActor(id=name.lower(), name=name, kind=kind, **facts)


def test_an_analysis_and_an_attribution_say_the_same():
    actors = (actor("Ada", "person"), actor("Union", "organisation"))
    given = (Attribution("union", "reported", None, 0.5), Attribution("ada", "speaker", (7, 10), 1.0, "favor", {"favor": 1.0}))
    one = Statement("1", 7, 20, TEXT[7:20], TEXT[7:20], 1, "narrated", None, None, "want", given)
    places = range(len(TEXT))
    source = Source("a", TEXT, TEXT, places, range(1, len(TEXT) + 1), ())
    expected = Marked(7, 20, "narrated", (Party("Union", False, "reported"), Party("Ada", True, "speaker", "favor")))
    assert found_of(Analysis(source, actors, (one,))) == (expected,)
    assert attributed([at("Ada wants it.", "narrated")], [given], actors) == (expected,)
