"""Do articles come out in their order, few at a time, and the same whatever the number of processes?"""

import weakref

import pytest

from stancelab.article import pipeline
from stancelab.article.found import Analysis
from stancelab.article.pipeline import CHUNK, NOTHING, analyse, analyse_many
from stancelab.article.sources import Unreadable
from stancelab.article.stances import question

NEWS = "Ada: I support the tram.\nCole, Dora: We reject the tram."
TARGET = "the city builds a tram line"


def test_one_article(colon_core):
    source = colon_core("a", NEWS, notes=("odd",))
    found = analyse(source, None)
    assert (found.source, found.target, found.scheme, found.model, found.notes) == (source, None, None, None, ())
    assert [actor.id for actor in found.actors] == ["ada", "cole", "dora"]
    assert [statement.span for statement in found.statements] == NEWS.split("\n")
    assert analyse(colon_core("b", "quiet"), None).notes == (NOTHING,)


def test_a_thousand_articles_are_held_a_few_at_a_time(colon_core):
    taken, held, most_held, most_ahead = [0], [], 0, 0

    def many():
        for number in range(1, 1201):
            taken[0] = number
            yield colon_core(f"a{number}", NEWS)

    stream = analyse_many(many(), asked=question(TARGET))
    for number in range(1, 1001):
        analysis = next(stream)
        assert analysis.source.doc_id == f"a{number}"
        assert analysis.statements[0].attributions[0].label == "favor"
        held.append(weakref.ref(analysis))
        del analysis
        held = [each for each in held if each() is not None]
        most_held, most_ahead = max(most_held, len(held)), max(most_ahead, taken[0] - number)
    stream.close()
    assert most_ahead < CHUNK
    assert most_held <= CHUNK


def test_stances_of_a_chunk_are_asked_together(colon_core, monkeypatch):
    asked = question(TARGET)
    sizes = []
    predict = asked.predictor.classifier.predict_proba
    monkeypatch.setattr(asked.predictor.classifier, "predict_proba", lambda X: sizes.append(len(X)) or predict(X))
    sources = [colon_core(f"a{number}", NEWS) for number in range(CHUNK + 2)]
    assert len(list(analyse_many(sources, asked=asked))) == CHUNK + 2
    assert sizes == [3 * CHUNK, 3 * 2]


def test_what_is_unreadable_keeps_its_place(colon_core):
    faults = [Unreadable(f"f{number}", "why") for number in range(3)]
    sources = [faults[0], colon_core("a", NEWS), faults[1], colon_core("b", "quiet"), faults[2]]
    found = list(analyse_many(sources))
    assert found[::2] == faults
    assert [entry.source.doc_id for entry in found[1::2]] == ["a", "b"]
    assert list(analyse_many(faults)) == faults
    assert list(analyse_many([])) == []


def test_an_id_stands_for_one_article(colon_core):
    found = list(analyse_many([colon_core("a", NEWS), colon_core("b", NEWS), colon_core("a", "other")]))
    assert [isinstance(entry, Analysis) for entry in found] == [True, True, False]
    assert found[2].where == "a"
    assert "has this id" in found[2].why


def test_the_language_model_is_loaded_once(colon_core, monkeypatch):
    loads = []
    monkeypatch.setattr(pipeline, "load", lambda: loads.append(1))
    list(analyse_many([colon_core(f"a{number}", NEWS) for number in range(3)]))
    list(analyse_many([colon_core("a", NEWS)]))
    assert loads == [1]


@pytest.mark.slow
def test_processes_change_nothing(colon_core):
    pytest.importorskip("spacy")
    text = "Mayor Ada Brook said that the tram line would be built.\n\n“No tram,” said Cole Quill, who leads the shopkeepers."
    sources = [colon_core(f"a{number}", text) for number in range(7)]
    with pytest.MonkeyPatch.context() as patch:
        for name, module in (("find", "statements"), ("load", "syntax")):
            patch.setattr(pipeline, name, getattr(pytest.importorskip(f"stancelab.article.{module}"), name))
        patch.setattr(pipeline, "CHUNK", 5)
        pipeline.loaded.cache_clear()
        alone, shared = (list(analyse_many(sources, asked=question(TARGET), jobs=jobs)) for jobs in (1, 2))
    pipeline.loaded.cache_clear()
    assert alone == shared
