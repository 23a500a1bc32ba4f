"""Which kinds of classifier are there? Each is one class in one file, a scikit-learn estimator over text, actor and target."""

from typing import Literal

KINDS = {
    "dummy": "sklearn.dummy:DummyClassifier",
    "cue-lexicon": "stancelab.models.cue_lexicon:CueLexiconClassifier",
    "ngrams": "stancelab.models.ngrams:NgramClassifier",
    "hybrid": "stancelab.models.hybrid:HybridClassifier",
    "frozen-encoder": "stancelab.models.frozen_encoder:FrozenEncoderClassifier",
    "finetuned-encoder": "stancelab.models.finetuned_encoder:FinetunedEncoderClassifier",
    "contrastive-encoder": "stancelab.models.contrastive_encoder:ContrastiveEncoderClassifier",
    "entailment": "stancelab.models.entailment:EntailmentClassifier",
    "causal-lm": "stancelab.models.causal_lm:CausalLMClassifier",
    "chat-server": "stancelab.models.chat_server:ChatServerClassifier",
}
"""kind in a recipe -> module:Class; a class elsewhere is named the same way, `my_module:MyClassifier`."""

LIGHT = ("dummy", "cue-lexicon", "ngrams")
"""Kinds that compute with numpy, scipy and scikit-learn alone, so that a forked process can."""

Method = Literal["temperature", "isotonic"]
"""How a classifier's probabilities may be corrected, see `models.calibrated`."""
