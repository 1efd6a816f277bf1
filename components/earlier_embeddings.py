"""The embeddings of earlier runs, from which EmbeddingGen takes the vectors of contents that have not changed."""

from typing import Final

import ml_metadata as mlmd
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.artifacts import EARLIER_EMBEDDINGS
from components.cached_outputs import is_cached_output

NEWEST: Final = 3
"""Number of earlier embeddings that are used: another encoder in between does not make a run encode all again."""


class EarlierEmbeddings(ResolverStrategy):
    """Resolver of the newest embeddings that were made of other inputs, or with other properties.

    Those made of the same inputs with the same properties are what the present run may take from the cache. If they
    were inputs of the run, a run that changes nothing would not be cached.
    """

    def __init__(self, same: dict[str, str]) -> None:
        """Keep `same`, properties of the present run's EmbeddingGen by name."""
        self._same = same

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels, those of `EARLIER_EMBEDDINGS` with at most `NEWEST` artifacts, the newest first.

        All other channels are inputs of the present run's EmbeddingGen.
        """
        present = input_dict.keys() - EARLIER_EMBEDDINGS.keys()
        inputs = {artifact.id for name in present for artifact in input_dict[name]}
        newest = {}
        for name in EARLIER_EMBEDDINGS:
            earlier = [
                artifact for artifact in input_dict[name] if not is_cached_output(store, artifact, inputs, self._same)
            ]
            newest[name] = sorted(earlier, key=lambda artifact: artifact.id, reverse=True)[:NEWEST]
        return {**input_dict, **newest}
