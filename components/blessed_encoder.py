"""The encoder of the last blessed run, from which a tuning may go on."""

import json
from collections.abc import Iterator
from typing import Final

import ml_metadata as mlmd
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.blessed_run.artifacts import ENCODER_SETTINGS
from components.blessed_run.resolver import blessings_of_search_models, maker
from components.cached_outputs import is_cached_output

BLESSED_ENCODER: Final = "blessed_encoder"
"""The channel of encoders."""
ORIGIN: Final = ("kind", "source", "query_prompt", "document_prompt", "dimension")
"""Those settings of the encoder by which an original is the same one."""


class BlessedEncoder(ResolverStrategy):
    """Resolver of the encoder of the newest run whose search model was blessed, if it comes from the same original.

    One that was trained on the present data is what the present run may take from the cache. If it were an input, a
    run that changes nothing would train again.
    """

    def __init__(self, encoder_settings: str) -> None:
        """Keep the present settings of the encoder, as JSON."""
        self._origin = _origin(encoder_settings)

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels, `BLESSED_ENCODER` with at most one artifact. All others are inputs of ClipTrainer."""
        inputs = {
            artifact.id for name, artifacts in input_dict.items() if name != BLESSED_ENCODER for artifact in artifacts
        }
        encoders = {artifact.id: artifact for artifact in input_dict[BLESSED_ENCODER]}
        earlier = (
            encoders[number]
            for number in self._blessed(store)
            if number in encoders and not is_cached_output(store, encoders[number], inputs, {})
        )
        newest = next(earlier, None)
        return {**input_dict, BLESSED_ENCODER: [newest] if newest else []}

    def _blessed(self, store: mlmd.MetadataStore) -> Iterator[int]:
        """Yield the ids of blessed encoders that come from the same original, the newest first."""
        for blessing in sorted(blessings_of_search_models(store), reverse=True):
            generator, built_from = maker(store, maker(store, blessing)[1]["model"])
            if _origin(generator.custom_properties[ENCODER_SETTINGS].string_value) == self._origin:
                yield built_from["encoder"]


def _origin(encoder_settings: str) -> dict[str, object]:
    settings = json.loads(encoder_settings or "{}")
    return {name: settings.get(name) for name in ORIGIN}
