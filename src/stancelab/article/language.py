"""Which language is a text in, as far as its letters and commonest words tell?"""

import re
from collections import Counter
from unicodedata import name as character_name

LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "ru": "Russian",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "he": "Hebrew",
    "zh": "Chinese",
    "ja": "Japanese",
}

COMMONEST = {
    "en": "the of and to in that is was for it with as his he be by on not this are at from had have they which or an were we "
    "their been has will would who more said she her its but you i if there can about into our than them",
    "de": "der die und das den von zu ist mit sich des auf für nicht ein eine dem im es auch als er sie dass wird werden bei wir "
    "aus hat nach wie oder einen einer nur über noch ich war aber vor zum zur haben sind kein keine um",
    "fr": "le la les de des du et un une en est que qui dans pour pas sur au aux par il elle ce cette ne se plus avec nous vous "
    "je sont été être ont mais ou leur son sa ses comme tout fait d l qu n s c a à y",
    "es": "el la los las de del y un una en es que por para con no se al lo su sus como más pero fue ha han este esta son ser "
    "entre cuando sin sobre también me ya muy hay porque yo nos le",
    "it": "il lo la i gli le di del della dei delle e un una in è che per con non si al alla nel nella sono ha hanno come più ma "
    "anche da dal dalla questo questa suo sua essere o ci se l d",
    "pt": "o a os as de do da dos das e um uma em no na nos nas é que por para com não se ao à mais como mas foi são ser seu sua "
    "ele ela pelo pela também já muito há isso este esta eu",
    "nl": "de het een en van in is dat op te zijn met voor niet die er aan om ook als dan maar bij door over uit naar hij ze wij "
    "zij heeft hebben wordt worden nog geen wel ik je was dit deze zal",
}
WORDS = {language: frozenset(words.split()) for language, words in COMMONEST.items()}

READ = 5_000
"""Characters that are looked at."""

FEWEST_LETTERS, FEWEST_WORDS, LEAST_SHARE = 8, 4, 0.15
"""Less than this says nothing: letters of a script, common words of a language, their share of all words."""

WORD = re.compile(r"[^\W\d_]+")
SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "KATAKANA")


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language that a text seems to be in, one of `LANGUAGES`; None where too little tells.

    >>> language_of("The council has not said what it will do with the bridge."), language_of("Yes!")
    ('en', None)
    """
    beginning = text[:READ]
    letters = [character for character in beginning if character.isalpha()]
    scripts = Counter(character_name(letter, "").partition(" ")[0] for letter in letters)
    east = sum(scripts[script] for script in ("CJK", "HIRAGANA", "KATAKANA"))
    # a Chinese or Japanese character is worth a word, so that some names in Latin letters do not outweigh them
    if east >= FEWEST_LETTERS and 3 * east > len(letters):
        return "ja" if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * east else "zh"
    script = max(SCRIPTS[:4], key=lambda known: scripts[known])
    if scripts[script] < FEWEST_LETTERS or 2 * scripts[script] < len(letters):
        return None
    if script == "CYRILLIC":
        return _cyrillic(beginning.lower())
    return {"ARABIC": "ar", "HEBREW": "he"}.get(script) or _by_words(WORD.findall(beginning.lower()))


def _cyrillic(text: str) -> str | None:
    """Ukrainian or Russian, by the letters that the other does not have."""
    ukrainian, russian = (sum(text.count(letter) for letter in letters) for letters in ("іїєґ", "ыэъё"))
    if ukrainian == russian:
        return None
    return "uk" if ukrainian > russian else "ru"


def _by_words(words: list[str]) -> str | None:
    """The language whose commonest words make up most of these; None where too few, or as many of another language."""
    counts = Counter({language: sum(word in common for word in words) for language, common in WORDS.items()})
    (best, most), (_, next_most) = counts.most_common(2)
    return best if most >= FEWEST_WORDS and most >= LEAST_SHARE * len(words) and most > next_most else None


def code_of(stated: str | None) -> str | None:
    """The ISO 639-1 code in what a file states of its language ("en-GB", "German"); None where it is none that we know of."""
    if stated is None:
        return None
    stated = stated.strip()
    named = {name.lower(): code for code, name in LANGUAGES.items()}
    beginning = re.match(r"([A-Za-z]{2})(?:$|[-_])", stated)
    return named.get(stated.lower()) or (beginning.group(1).lower() if beginning else None)


def language_note(language: str | None) -> str | None:
    """What a user should know of a text in that language; None for English, and where it is not known."""
    if language in (None, "en"):
        return None
    return f"the text seems to be {LANGUAGES.get(language, repr(language))}; statements are found by English rules"
