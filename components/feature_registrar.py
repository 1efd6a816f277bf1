"""FeatureRegistrar: registers the vectors as features in Feast, offline for joins and online for look-ups."""

from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component

from components.artifacts import FINGERPRINT, FeatureStore, ProductEmbeddings, QueryEmbeddings, describe
from components.staging import staged


@component
@staged
def FeatureRegistrar(  # noqa: N802  # a component's name is a type's
    query_embeddings: tfx.dsl.components.InputArtifact[QueryEmbeddings],
    product_embeddings: tfx.dsl.components.InputArtifact[ProductEmbeddings],
    feature_store: tfx.dsl.components.OutputArtifact[FeatureStore],
    settings: tfx.dsl.components.Parameter[str],
    earlier: tfx.dsl.components.InputArtifact[FeatureStore] = None,
) -> None:
    """Apply `feature_repo`'s definitions, and write what differs from the `earlier` feature store to the online store.

    `settings` is JSON, the fields of FeatureSettings. The output is a Feast repository that can be moved, with
    `summary.json` in it.
    """
    from feature_repo.definitions import definitions
    from vitrine import progress
    from vitrine.features.offline import read_embeddings
    from vitrine.features.registration import register
    from vitrine.features.settings import FeatureSettings

    fingerprint = product_embeddings.get_string_custom_property(FINGERPRINT)
    embeddings = read_embeddings(Path(product_embeddings.uri), Path(query_embeddings.uri), fingerprint)
    feature_settings = FeatureSettings.model_validate_json(settings)
    before = Path(earlier.uri) if earlier else None
    summary = register(embeddings, Path(feature_store.uri), feature_settings, definitions, earlier=before)
    rows = ", ".join(f"{summary.written[view]:,} of {count:,} {view}" for view, count in summary.rows.items())
    removed = f"; {sum(summary.removed.values()):,} removed" if any(summary.removed.values()) else ""
    progress.note(f"written to Feast ({summary.online_store} online): {rows}{removed}")
    describe(feature_store, fingerprint, summary.dimension, embeddings.products.num_rows)
