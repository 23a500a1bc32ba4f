"""Which lines of an article are not what it says: its headline, who wrote it, captions, and the website's own words?

A paragraph lost costs more than a line too many. So a line is set aside for one of two reasons only: it matches a clear pattern,
or it stands above the first sentence and is none itself.
"""

import re
from collections.abc import Sequence

from stancelab.article.source import BlockKind

TOP = 10
"""Lines from the beginning among which headline, byline and the newspaper's own lines are looked for."""

LONGEST_HEAD, LONGEST_FURNITURE = 140, 180
"""Characters; what is longer is neither a line above the article nor one between its paragraphs."""

FEWEST_HEADLINE_WORDS, FEWEST_SMALL_WORDS = 4, 2

SITE = re.compile(
    r"(?:read (?:more|also|next|the full (?:story|article))|see also|related(?: (?:articles?|stories|coverage|topics?|content))?"
    r"|more (?:on|from|in) this (?:story|topic|section)|more (?:stories|news|coverage)|recommended(?: for you)?|most read"
    r"|trending(?: now)?)\s*(?::.*|on .{1,60}(?<![.!?]))?"
    r"|read (?:more|also) .{1,60}(?<![.!?”\"])"
    r"|(?:subscribe|sign up|register|log ?in|sign in)(?: (?:now|today|here|to|for|or|and)\b[^.!?“”\"]*)?!?"
    r"|(?:subscribe|sign up|register)\b[^“”\"]{1,80}\b(?:newsletters?|alerts|inbox|updates|briefing)\b[^“”\"]{0,40}"
    r"|(?:share|print|save|e-?mail|bookmark|comment on) (?:this|the) (?:article|story|page|post)\b.{0,40}"
    r"|share(?: on (?:facebook|twitter|x|whatsapp|linkedin)\b.{0,40})?|follow us\b.{0,60}|copy link|skip to (?:main )?content"
    r"|advertisement|sponsored(?: content)?|(?:article|story) continues (?:below|after)\b.{0,40}"
    r"|(?:copyright\b\s*)?(?:©|\(c\))\s*(?:copyright\s*)?\d{4}\b.*|copyright \d{4}\b.*|all rights reserved\.?"
    r"|this (?:article|story) (?:was )?(?:originally|first) (?:appeared|published|ran)\b.*"
    r"|(?:please )?(?:accept|manage) (?:all )?cookies\b.{0,40}|\d+ comments?|(?:leave|post|add) a (?:comment|reply)"
    r"|(?:terms of (?:use|service)|privacy policy|cookie policy)\b[^.]{0,80}",
    re.I,
)
"""The whole of a line that is a website's own."""

NAME = r"[A-ZÀ-ÞŠŽ][\w.’'-]*"
NAMES = rf"{NAME}(?:,? (?:{NAME}|and|in|at|de|van|von|of|the|&))*"
MADE = r"(?:Photo(?:graph)?s?|Pictures?|Images?|Illustrations?|Graphics?|Video|Words|Text|Interview|(?:Photo |Image )?Credit)"
DONE = r"(?:[Aa]dditional )?(?:[Rr]eporting|[Ww]riting|[Ee]diting)(?: and (?:reporting|writing|editing))?"
CREDIT = re.compile(
    rf"{MADE}(?: by|:)\s*[^.!?“”\"]{{1,90}}"
    r"|Image source[:,].{1,90}|\([^()/.]{2,60}/[^()/]{2,60}\)"
    rf"|(?:\(|[^()]{{1,80}}[.;] )?{DONE}(?: by|:) {NAMES}(?:[;.,] {DONE}(?: by|:) {NAMES})*\.?\)?"
    r"|[^“”\"]{1,160} contributed (?:reporting|(?:reporting )?(?:to|for) this (?:report|article|story))\b.{0,40}"
)
"""The whole of a line that says who took the picture or had a hand in the article."""

CAPTION = re.compile(
    r"(?:FILE(?: PHOTO)?|ARCHIVE)\s*[—–:-]|[Pp]ictured:|(?:(?:[Ii]mage|[Pp]hoto|[Pp]icture|[Mm]edia) )?[Cc]aption[:,]"
)
"""How a caption begins."""

PHOTO_CREDIT = re.compile(
    rf"\({NAME}(?: [\w.’'-]+){{1,4}}/[A-Z][^()/]{{1,40}}\)(?:\s*\([^()]{{1,60}}\))?$"
    r"|\((?:AP Photo|Getty Images|Reuters|AFP)(?:/[^()]{1,60})\)$"
    r"|\b(?:Photo(?:graph)?|Picture|Image|Credit)(?: by|:) [^.!?“”\"]{1,60}$"
    r"|\b(?:Getty Images|AP Photo|Shutterstock)\)?$"
)
"""How a caption ends."""

BYLINE_WORDS = (
    r"and|in|of|for|with|the|our|a|at|from|de|van|von|der|den|la|le|al|bin|staff|special|to|political|parliamentary|foreign|chief"
    r"|senior|diplomatic|defen[cs]e|economics?|business|sports?|science|health|environment|reporters?|correspondents?|writers?"
    r"|editors?|agenc(?:y|ies)|contributors?|columnist|bureau"
)
BYLINE = re.compile(
    r"(?:[Bb]y|BY|[Ww]ritten by|[Rr]eported by)[:\s]\s*"
    rf"(?:(?:{NAME}|{BYLINE_WORDS}|&|\||[–—-])(?:[,;]?\s+|$)){{1,25}}(?:,?\s*\d.*)?"
)
"""The whole of a line that names who wrote the article: names, and what such people are called."""

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
DATE = re.compile(rf"\b(?:{MONTH} {DAY},? \d{{4}}|{DAY} {MONTH},? \d{{4}}|\d{{4}}-\d\d-\d\d)\b", re.I)
ENDED = re.compile(r"[.!?…:;。！？؟۔][)\]”’\"'»«」』]*$")
SPEAKER = re.compile(r"[^\W\d_][\w.’' -]{0,40}(?: \([^()]*\))?: ")
QUOTED = re.compile(r"[“”„«»\"]")
SECTIONED = re.compile(r"\||•|·| [–—] ")


def kinds(lines: Sequence[str], title: str | None = None) -> list[BlockKind]:
    """What each of an article's lines (paragraphs, without white space around them) is. title: its headline, where that is known.

    >>> kinds(["A bridge is built", "By Ann Lee, Harne News", "HARNE (HN) – The mayor is glad.", "Read more: Ferries"])
    ['headline', 'byline', 'body', 'site']
    """
    given: list[BlockKind] = [
        "byline" if place < TOP and _is_byline(line) else _by_pattern(line) for place, line in enumerate(lines)
    ]
    above = _above(lines, given)
    headline = _headline(lines, given, above, title)
    for place in above:
        given[place] = _at_top(lines[place], after_headline=headline is not None and place > headline)
    if headline is not None:
        given[headline] = "headline"
    return given


def _by_pattern(line: str) -> BlockKind:
    """What a line is wherever it stands."""
    if CAPTION.match(line) or (len(line) < 3 * LONGEST_FURNITURE and PHOTO_CREDIT.search(line) and not CREDIT.fullmatch(line)):
        return "caption"
    if len(line) <= LONGEST_FURNITURE and SITE.fullmatch(line):
        return "site"
    return "credit" if len(line) <= 2 * LONGEST_FURNITURE and CREDIT.fullmatch(line) else "body"


def _above(lines: Sequence[str], given: Sequence[BlockKind]) -> list[int]:
    """The lines of no clear pattern that stand above the first sentence; none where no sentence follows soon."""
    above: list[int] = []
    for place, (line, kind) in enumerate(zip(lines[: TOP + 1], given, strict=False)):
        if kind == "body" and _is_sentence(line) and not (place == 0 and _asks(line, lines)):
            return above
        if kind == "body":
            above.append(place)
    return []


def _is_sentence(line: str) -> bool:
    return len(line) > LONGEST_HEAD or bool(ENDED.search(line) or SPEAKER.match(line))


def _asks(line: str, lines: Sequence[str]) -> bool:
    """Whether the first line may be a headline in spite of its mark: a short question or cry that nobody is said to utter."""
    return line[-1] in "?!" and not SPEAKER.match(line) and any(len(line) < len(other) for other in lines[1:TOP])


def _headline(lines: Sequence[str], given: Sequence[BlockKind], above: Sequence[int], title: str | None) -> int | None:
    """Which line is the headline: the one that is the title, else the first above the article that reads like one."""
    wanted = _letters(title or "")
    if wanted:
        for place, line in enumerate(lines[:TOP]):
            if _letters(line) == wanted and len(lines) > 1:
                return place
    plain = [place for place in above if not (_is_byline(lines[place]) or DATE.search(lines[place]))]
    for test in (_is_clause, _is_long):
        for place in plain:
            if test(lines[place]):
                return place
    return max(plain, key=lambda place: len(lines[place].split()), default=None)


def _letters(line: str) -> str:
    return "".join(filter(str.isalnum, line.casefold()))


def _is_byline(line: str) -> bool:
    return bool(BYLINE.fullmatch(line)) and not ENDED.search(line)


def _is_long(line: str) -> bool:
    """Whether a line is long enough for a headline, and not the name of a newspaper and its section."""
    return len(line.split()) >= FEWEST_HEADLINE_WORDS and not SECTIONED.search(line)


def _is_clause(line: str) -> bool:
    """Whether it also has words in small letters, as names hardly do."""
    return _is_long(line) and sum(word.islower() for word in line.split()) >= FEWEST_SMALL_WORDS


def _at_top(line: str, *, after_headline: bool) -> BlockKind:
    """What a line above the first sentence is that is not the headline: more of it, the website's, or what is said."""
    if QUOTED.search(line):
        return "body"
    return "headline" if after_headline and _is_clause(line) and not DATE.search(line) else "site"
