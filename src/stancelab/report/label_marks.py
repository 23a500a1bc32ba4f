"""How are labels told apart on a page, by more than colour?"""

from stancelab.labels import LabelScheme

OTHERS = ("neutral", "fourth", "fifth")
LAST = "rest"


def classes(scheme: LabelScheme) -> dict[str, str]:
    """The class in the page's style that gives each label its colour: a side's own, and the last of the others is grey.

    >>> classes(LabelScheme("s", ("pro", "con", "both", "off"), favor="pro", against="con"))
    {'pro': 'favor', 'con': 'against', 'both': 'neutral', 'off': 'rest'}
    """
    sides = {scheme.favor: "favor", scheme.against: "against"}
    others = [label for label in scheme.labels if label not in sides]
    found = {label: OTHERS[place % len(OTHERS)] for place, label in enumerate(others[:-1])}
    found |= dict.fromkeys(others[-1:], LAST)
    return {label: sides.get(label) or found[label] for label in scheme.labels}


def letters(scheme: LabelScheme) -> dict[str, str]:
    """The first letters of each label, as few as tell all apart.

    >>> letters(LabelScheme("s", ("favor", "neutral", "none")))
    {'favor': 'Fa', 'neutral': 'Ne', 'none': 'No'}
    """
    size = 1
    while len({label[:size] for label in scheme.labels}) < len(scheme.labels):
        size += 1
    return {label: label[:size].capitalize() for label in scheme.labels}
