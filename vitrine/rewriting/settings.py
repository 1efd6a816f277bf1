"""The settings of query rewriting. This module imports nothing heavy."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PositiveInt

from vitrine.language_models.settings import EndpointSettings
from vitrine.settings import Section


class _Settings(Section):
    # Inputs are hidden in errors: an input may be a key that was given instead of the name of its variable.
    model_config = ConfigDict(hide_input_in_errors=True)


class OffSettings(_Settings):
    """No rewriting: queries pass unchanged."""

    kind: Literal["off"] = "off"


class RulesSettings(_Settings):
    """Rewriting by rules: spelling, forms and units by the catalogue's vocabulary, synonyms by a file."""

    kind: Literal["rules"] = "rules"
    spelling: bool = True
    max_edits: Literal[1, 2] = 1
    """Maximum edit distance of a correction. Two applies to words of eight letters or more, and takes twice the memory
    of one."""
    min_count: PositiveInt = 2
    """Minimum count in the catalogue of a word that others are corrected to: catalogues contain typos, too."""
    english: bool = True
    """Do not correct English words that the catalogue lacks: `buy` is not a misspelt `bay`."""
    forms: bool = True
    """Write words that the catalogue has in another form only in that form: `teapots` becomes `teapot`."""
    units: bool = True
    synonyms: Path | None = None
    """A file of `sofa, couch` (equal) and `telly => television` (one way); see `vitrine.rewriting.synonyms`."""


class BudgetSettings(_Settings):
    """The calls that one process may make. Further queries use the fallback."""

    per_minute: PositiveInt = 60
    per_day: PositiveInt = Field(default=10_000, le=100_000)


class CacheSettings(_Settings):
    """The cache of answers, in this process."""

    entries: PositiveInt = Field(default=10_000, le=1_000_000)
    seconds: float = Field(default=86_400, gt=0)


class PauseSettings(_Settings):
    """The pause after consecutive failed calls, so that an unreachable endpoint does not delay every query."""

    failures: PositiveInt = 5
    seconds: float = Field(default=30, gt=0)


class LlmSettings(EndpointSettings):
    """Rewriting by a language model."""

    kind: Literal["llm"] = "llm"
    budget: BudgetSettings = BudgetSettings()
    cache: CacheSettings = CacheSettings()
    pause: PauseSettings = PauseSettings()
    then: Annotated[OffSettings | RulesSettings, Field(discriminator="kind")] = OffSettings()
    """The rewriter of queries that the model does not rewrite."""


RewritingSettings = Annotated[OffSettings | RulesSettings | LlmSettings, Field(discriminator="kind")]
"""The type of a field that takes `kind: off`, `kind: rules` or `kind: llm` with the settings of that kind."""
