"""The artifacts of a blessed run, and the check of the encoder's settings."""

import json
from typing import Final

from pydantic import JsonValue
from tfx.types import Artifact, standard_artifacts

from vitrine.errors import ConfigError

SERVED_CATALOGUE: Final = "served_catalogue"
"""The name of the channel with the products that the newest blessed search model finds."""

CATEGORY_HEAD: Final = "category_head"
"""The name of the channel with the category head; there is none in runs of versions without them."""

BLESSED_RUN: Final[dict[str, type[Artifact]]] = {
    "encoder": standard_artifacts.Model,
    "judgements": standard_artifacts.Examples,
    SERVED_CATALOGUE: standard_artifacts.Examples,
    "classifier": standard_artifacts.Model,
    "classifier_run": standard_artifacts.ModelRun,
    "classifier_blessing": standard_artifacts.ModelBlessing,
    "classifier_evaluation": standard_artifacts.ModelEvaluation,
    CATEGORY_HEAD: standard_artifacts.Model,
}
"""The types of the blessed run's artifacts, by their names as channels. `judgements` are those of the last whole run,
as ExampleGen read them."""

SEARCH_MODEL: Final = "search_model"
SEARCH_INDEX: Final = "search_index"
"""The names of the blessed search model and of its index, which a catalogue run makes anew and compares with."""

ARTIFACTS: Final = "artifacts"
"""The key of the noted artifacts, by name."""

ENCODER_SETTINGS: Final = "encoder_settings"
"""The property of SearchModelGen with all settings that decide a vector, as JSON."""

NO_BLESSED_RUN: Final = (
    "no run has a blessed model, whose encoder and classifier a catalogue run takes; `vitrine run` makes one"
)


def require_same_encoder(present: str, blessed: str) -> None:
    """Compare the settings of the encoder, both as JSON.

    Raises:
        ConfigError: They differ; the message names the settings.
    """
    new, old = (_settings(text) for text in (present, blessed))
    if different := sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name)):
        raise ConfigError(
            f"encoder: the settings are not those of the blessed model; different: {', '.join(different)}; a catalogue "
            "run keeps the encoder, so set them back, or make a new model with `vitrine run`"
        )


def _settings(text: str) -> dict[str, JsonValue]:
    settings: dict[str, JsonValue] = json.loads(text or "{}")
    return settings
