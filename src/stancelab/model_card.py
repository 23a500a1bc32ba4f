"""What does someone have to know who is handed a trained model?"""

import json
from collections.abc import Sequence

from stancelab.markdown import table
from stancelab.metrics import METRICS
from stancelab.model_folder import TrainedModel
from stancelab.scoring import Score

TARGETS_SHOWN = 10

TRANSFORMERS = """With plain transformers ({architecture}; the recipe says how a row becomes its two texts):

```python
from transformers import AutoTokenizer, {loader}

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = {loader}.from_pretrained("FOLDER")
```
"""


def card_of(model: TrainedModel, scores: Sequence[Score], *, files: Sequence[str]) -> str:
    """The model card in Markdown. files: the names in the folder, which tell what plain transformers can load."""
    facts, recipe = model.facts, model.recipe
    shown = ", ".join(f"*{target}*" for target in facts.targets[:TARGETS_SHOWN])
    more = f" and {len(facts.targets) - TARGETS_SHOWN} more" if len(facts.targets) > TARGETS_SHOWN else ""
    counts = ", ".join(f"{facts.counts.get(label, 0)} {label}" for label in facts.labels)
    parts = [
        _header(model, scores),
        f"# {recipe.title}\n",
        f"{recipe.description} Source: {recipe.source}.\n",
        f"The recipe is `{recipe.name}.toml`, the seed {facts.seed}. It answers, for a statement, an actor and a target, "
        f"where the actor stands: {', '.join(facts.labels)} (label scheme `{facts.scheme}`).\n",
        "## Data\n",
        f"`{facts.dataset}`: trained on {facts.rows} rows in {facts.statements} statements ({counts}); targets: {shown}{more}.\n",
        "## Scores\n",
        _scores(model, scores),
        "## Use\n",
        f"```sh\nstancelab predict FOLDER ROWS.csv -o PREDICTIONS.csv\n```\n\n"
        f"`ROWS.csv` has the columns id, text, actor, target; `--abstain-below P` leaves rows without a label whose highest "
        f"probability is below P. {_needs(model)}\n",
        _plain_transformers(files),
        "Intended for research on stance in texts like those it was trained on, read row by row beside their text.\n",
        "## Limits\n",
        f"The scores hold for rows like those of `{facts.dataset}`; for other targets, kinds of text, languages and times "
        "they are unknown, and stance models are known to lose much there: label some rows of your own and score it on them "
        "before use. "
        "A stance that is read out of one statement is no finding about a person. Not for decisions about individuals.\n",
    ]
    return "\n".join(part for part in parts if part)


def _header(model: TrainedModel, scores: Sequence[Score]) -> str:
    facts = model.facts
    results = [
        {"type": score.metric, "value": round(score.interval.value, 4), "name": METRICS[score.metric].title}
        for score in scores
        if score.metric in METRICS
    ]
    result = {
        "task": {"type": "text-classification", "name": "stance classification"},
        "dataset": {"type": facts.dataset.split("@")[0], "name": facts.dataset},
        "metrics": results,
    }
    index = [{"name": model.recipe.name, "results": [result] if results else []}]
    lines = {"library_name": "stancelab", "pipeline_tag": "text-classification", "tags": ["stance-classification"]}
    fields = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in (lines | {"model-index": index}).items()]
    return "\n".join(["---", *fields, "---", ""])


def _scores(model: TrainedModel, scores: Sequence[Score]) -> str:
    if not scores:
        return "Not evaluated: it was trained on all rows and no fold was held out.\n"
    shown = [score for score in scores if score.metric in METRICS or score.metric.startswith("f1:")]
    rows = [[METRICS[score.metric].title if score.metric in METRICS else score.metric, str(score.interval)] for score in shown]
    first = scores[0]
    head = f"{model.facts.evaluated}; {first.rows} rows in {first.clusters} statements, 95 % intervals over statements."
    signed = f"Signature of the first, as of all but for the metric:\n\n    {first.signature}"
    return f"{head}\n\n{table(['metric', 'value'], rows)}\n\n{signed}\n"


def _needs(model: TrainedModel) -> str:
    if not model.facts.weights:
        return "The folder holds all it needs, and nothing in it runs code when it is read."
    return f"Beside this folder it needs the same weights of {', '.join(f'`{name}`' for name in model.facts.weights)}."


def _plain_transformers(files: Sequence[str]) -> str:
    if "config.json" not in files:
        return ""
    headed = "head.safetensors" in files
    loader = "AutoModel" if headed else "AutoModelForSequenceClassification"
    architecture = (
        "the encoder; head.safetensors holds the linear head over its mean token state" if headed else "encoder and head"
    )
    return TRANSFORMERS.format(loader=loader, architecture=architecture)
