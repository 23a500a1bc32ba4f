"""How do annotations and the log of settled disagreements become gold?"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from stancelab.records import Adjudication, Annotation, GoldRow, Unit


def latest_round(annotations: Sequence[Annotation]) -> list[Annotation]:
    """The annotations of the last round, but for those that recipes gave; earlier rounds are kept for the record only."""
    counting = [entry for entry in annotations if entry.recipe is None]
    last = max((entry.round for entry in counting), default=1)
    return [entry for entry in counting if entry.round == last]


def settle(
    units: Sequence[Unit], annotations: Sequence[Annotation], log: Sequence[Adjudication]
) -> tuple[list[GoldRow], list[str]]:
    """Gold rows in the order of the units, and one sentence for each unit that cannot be settled.

    What all annotators of the last round gave stands; a disagreement in label or position takes the entry of the log.
    A disagreement without an entry is a fault, and so is an entry without a disagreement.
    """
    given: dict[str, list[Annotation]] = defaultdict(list)
    for entry in latest_round(annotations):
        given[entry.id].append(entry)
    settled = {entry.id: entry for entry in log}
    gold, faults = [], []
    for unit in units:
        answers = {(entry.label, entry.position) for entry in given[unit.id] if entry.position is not None}
        if not answers:
            faults.append(f"{unit.id}: nobody has annotated it")
            continue
        if len(answers) == 1 and unit.id in settled:
            faults.append(f"{unit.id}: the adjudication log has an entry, but the annotators agree")
        if len(answers) > 1 and unit.id not in settled:
            faults.append(f"{unit.id}: the annotators disagree and the adjudication log has no entry")
            continue
        label, position = answers.pop() if len(answers) == 1 else (settled[unit.id].label, settled[unit.id].position)
        gold.append(GoldRow(**unit.model_dump(exclude_unset=True), label=label, position=position))
    entries = Counter(entry.id for entry in log)
    faults += [f"{name}: the adjudication log has {count} entries" for name, count in entries.items() if count > 1]
    known = {unit.id for unit in units}
    faults += [f"{name}: annotated, but no such unit" for name in given if name not in known]
    faults += [f"{name}: adjudicated, but no such unit" for name in settled if name not in known]
    return gold, faults
