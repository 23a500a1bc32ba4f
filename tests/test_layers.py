import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "stancelab"
LAYERS = [
    "errors",
    "memory",
    "progress",
    "labels",
    "records",
    "toml_files",
    "markdown",
    "tables",
    "catalog",
    "adjudication",
    "votes",
    "dataset",
    "checksums",
    "contrast",
    "intervals",
    "power_law",
    "agreement",
    "traits",
    "predictions",
    "metrics",
    "comparison",
    "clustered_t",
    "slices",
    "power",
    "power_simulation",
    "hardest",
    "disagreement",
    "doubts",
    "calibration",
    "protocols",
    "signatures",
    "scoring",
    "hydration",
    "croissant",
    "leaks",
    "validation",
    "build",
    "importers.card",
    "importers.reading",
    "importers.semeval2016",
    "importers.vast",
    "importers.pstance",
    "importers.newsmtsc",
    "importers.gwsd",
    "importers.perspectrum",
    "importers.table",
    "importers",
    "imports",
    "sqlite_file",
    "embedding_cache",
    "spending",
    "answer_cache",
    "chat",
    "encoders",
    "language_models",
    "models.inputs",
    "perturbations",
    "models.prompts",
    "models.chat_tokens",
    "models.label_scores",
    "models.saving",
    "models.stance_classifier",
    "models.selection",
    "models.per_target",
    "models.calibrated",
    "models.cue_lexicon",
    "models.ngrams",
    "models.hybrid",
    "models.frozen_encoder",
    "models.window",
    "models.losses",
    "models.pretrained",
    "models.layers",
    "models.network",
    "models.checkpoints",
    "models.training",
    "models.finetuned_encoder",
    "models.contrastive_encoder",
    "models.entailment",
    "models.causal_lm",
    "models.answers",
    "models.chat_server",
    "models",
    "recipes",
    "splits",
    "shapley",
    "attribution",
    "coefficients",
    "experiment",
    "cells",
    "runs",
    "repetition",
    "explaining",
    "model_folder",
    "model_card",
    "training",
    "planning",
    "learning_curve",
    "second_look",
    "leaderboard",
    "ceiling",
    "transfer",
    "questions",
    "robustness",
    "audit",
    "auditing",
    "pairing",
    "expected",
    "reproduction",
    "report.section",
    "report.figures",
    "report.calibration_figures",
    "report.learning_curve_figures",
    "report.label_marks",
    "report.latex",
    "report.files",
    "report.comparison_sheet",
    "report.audit_tables",
    "report.ceiling_section",
    "report.results",
    "report.planning_sheets",
    "report.terminal",
    "report.overview_section",
    "report.leaderboards_section",
    "report.comparisons_section",
    "report.confusion_section",
    "report.calibration_section",
    "report.transfer_section",
    "report.learning_curve_section",
    "report.audit_section",
    "report.slices_section",
    "report.hardest_section",
    "report.attributions_section",
    "report.forms_section",
    "report.rows_section",
    "report.made_section",
    "report.page",
    "report.publishing",
    "report.reproduction_page",
    "report",
    "annotating",
    "article.source",
    "article.found",
    "article",
    "networks.statements",
    "networks.draws",
    "networks.counts",
    "networks.ties",
    "networks.uncertainty",
    "networks.polarisation",
    "networks.windows",
    "networks.graphs",
    "networks.debate",
    "networks.exports",
    "networks.figure",
    "networks.results",
    "networks",
    "cli.console",
    "cli.data",
    "cli.recipes",
    "cli.cache",
    "cli.annotate",
    "cli.doubts",
    "cli.audit",
    "cli.experiments",
    "cli.scores",
    "cli.explain",
    "cli.planning",
    "cli.network",
    "cli.models",
    "cli",
]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    return {module_name(path): path for path in PACKAGE.rglob("*.py") if module_name(path) not in ("", "__main__")}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stancelab"):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name for name in whole if name.removeprefix("stancelab.") in LAYERS} or {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("stancelab")}
    return names


def test_every_module_has_a_layer():
    assert sorted(modules()) == sorted(LAYERS)


def test_no_import_runs_up():
    upward = [
        f"{name} imports {other}"
        for name, path in modules().items()
        for other in imported(path)
        if LAYERS.index(other.removeprefix("stancelab.")) >= LAYERS.index(name)
    ]
    assert upward == []


def test_no_module_imports_the_package_root():
    assert [name for name, path in modules().items() if "stancelab" in imported(path)] == []
