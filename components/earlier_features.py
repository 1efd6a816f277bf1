"""The feature store of the earlier run, to which FeatureRegistrar adds what has changed."""

from typing import Final

import ml_metadata as mlmd
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.cached_outputs import is_cached_output

EARLIER: Final = "earlier"
"""The channel of the earlier feature store."""


class EarlierFeatures(ResolverStrategy):
    """Resolver of the newest feature store that was made of other embeddings, or with other settings.

    One that was made of the same embeddings with the same settings is what the present run may take from the cache. If
    it were an input of the run, a run that changes nothing would not be cached.
    """

    def __init__(self, settings: str) -> None:
        """Keep the present run's settings of FeatureRegistrar."""
        self._settings = settings

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels, `EARLIER` with at most one artifact. All others are inputs of FeatureRegistrar."""
        inputs = {artifact.id for name, artifacts in input_dict.items() if name != EARLIER for artifact in artifacts}
        same = {"settings": self._settings}
        earlier = [artifact for artifact in input_dict[EARLIER] if not is_cached_output(store, artifact, inputs, same)]
        return {**input_dict, EARLIER: sorted(earlier, key=lambda artifact: artifact.id)[-1:]}
