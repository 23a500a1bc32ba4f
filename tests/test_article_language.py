import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelab.article.language import LANGUAGES, code_of, language_note, language_of

SENTENCES = {
    "en": "The mayor said that the bridge would be built before the winter, and the fishermen were not pleased with it.",
    "de": "Die Bürgermeisterin sagte, dass die Brücke vor dem Winter gebaut wird, und die Fischer sind damit nicht zufrieden.",
    "fr": "La maire a dit que le pont serait construit avant l’hiver, et les pêcheurs ne sont pas contents de la décision.",
    "es": "La alcaldesa dijo que el puente se construirá antes del invierno, y los pescadores no están contentos con eso.",
    "it": "La sindaca ha detto che il ponte sarà costruito prima dell’inverno, e i pescatori non sono contenti della decisione.",
    "pt": "A prefeita disse que a ponte será construída antes do inverno, e os pescadores não estão contentes com a decisão.",
    "nl": "De burgemeester zei dat de brug voor de winter wordt gebouwd, en de vissers zijn niet blij met het besluit.",
    "ru": "Мэр сказала, что мост будет построен до зимы, и рыбаки этим решением были недовольны.",
    "uk": "Мерка сказала, що міст збудують до зими, і рибалки не задоволені цим рішенням.",
    "ar": "قالت رئيسة البلدية إن الجسر سيبنى قبل الشتاء، والصيادون غير راضين عن القرار.",
    "he": "ראשת העיר אמרה כי הגשר ייבנה לפני החורף, והדייגים אינם מרוצים מההחלטה.",
    "zh": "市长说，这座桥将在冬天之前建成，渔民对这个决定并不满意。",
    "ja": "市長は橋が冬の前に完成すると述べたが、漁師たちはその決定に満足していない。",
}


POLISH = "Burmistrz powiedziała, że most zostanie zbudowany przed zimą, a rybacy nie są z tego zadowoleni. "


def test_there_is_a_sentence_in_each_language():
    assert SENTENCES.keys() == LANGUAGES.keys()


@pytest.mark.parametrize("language", SENTENCES)
def test_the_language_of_a_sentence(language: str):
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize("language", SENTENCES)
def test_names_in_another_script_do_not_hide_it(language: str):
    assert language_of(f"{SENTENCES[language]} (Ann Lee, Harne)") == language


def test_a_name_in_chinese_does_not_make_a_text_chinese():
    assert language_of(SENTENCES["en"] * 3 + "（北京市人民政府公告）") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "No.",
        "Да",
        "1912 2031 77",
        "Ann Lee Bo O’Hara Harne Wyk Skarrow Tveld",
        "👍" * 50,
        "Το ποτάμι της πόλης",
        "the bridge",
        "Το ποτάμι της πόλης και οι ψαράδες (ראש העיר אמרה)",
        POLISH * 10,
        "Ann Lee Bo Brun Harne Wyk Skarrow Tveld Oda Kell " * 4 + "the of and to",
    ],
)
def test_too_little_tells_nothing(text: str):
    assert language_of(text) is None


@given(st.text())
def test_any_text_has_a_known_language_or_none(text: str):
    assert language_of(text) in {None, *LANGUAGES}


@pytest.mark.parametrize(
    ("stated", "code"),
    [("en-GB", "en"), ("DE", "de"), (" fr ", "fr"), ("German", "de"), ("pt_BR", "pt"), ("eng", None), ("", None), (None, None)],
)
def test_what_a_file_states(stated: str | None, code: str | None):
    assert code_of(stated) == code


def test_only_other_languages_have_a_note():
    assert language_note("en") is None
    assert language_note(None) is None
    assert language_note("de") == "the text seems to be German; statements are found by English rules"
    assert language_note("da") == "the text seems to be 'da'; statements are found by English rules"
