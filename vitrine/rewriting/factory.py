"""Construction of a rewriter from its settings."""

import os
from collections.abc import Mapping

from vitrine.rewriting.llm import LanguageModel
from vitrine.rewriting.rewrite import Rewriter, Unchanged
from vitrine.rewriting.rules import build_rules
from vitrine.rewriting.settings import LlmSettings, OffSettings, RulesSettings


def build_rewriter(
    settings: OffSettings | RulesSettings | LlmSettings,
    vocabulary: Mapping[str, int],
    environment: Mapping[str, str] = os.environ,
) -> Rewriter:
    """Build a rewriter for a catalogue's vocabulary, which `vocabulary_of` counts; only rules use it.

    Raises:
        ConfigError: A file of synonyms cannot be used, or the endpoint's key is missing.
    """
    if isinstance(settings, LlmSettings):
        return LanguageModel(settings, build_rewriter(settings.then, vocabulary), environment)
    return build_rules(settings, vocabulary) if isinstance(settings, RulesSettings) else Unchanged()
