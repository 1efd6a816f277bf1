"""SearchModelGen: builds the served search model and its index from vectors, encoder, classifier and category head."""

import time
from pathlib import Path
from typing import cast

from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.utils import path_utils

from components.artifacts import ProductEmbeddings, QueryEmbeddings, describe
from components.examples import read_split
from components.pusher import VERSION_PROPERTY
from components.staging import staged
from vitrine.data import columns
from vitrine.data.contract.judges import without_clicks
from vitrine.encoders.settings import Precision


@component
@staged
def SearchModelGen(  # noqa: N802  # a component's name is a type's
    query_embeddings: tfx.dsl.components.InputArtifact[QueryEmbeddings],
    product_embeddings: tfx.dsl.components.InputArtifact[ProductEmbeddings],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    encoder: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    classifier: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    model: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
    index: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
    precision: tfx.dsl.components.Parameter[str],
    settings: tfx.dsl.components.Parameter[str],
    category_head: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model] = None,
) -> None:
    """Build the search model and its index; both get the same `version`, under which they are pushed.

    `precision` is the encoder's numeric precision; `settings` is JSON, the fields of ProductionSettings.
    """
    from vitrine.embeddings.table import EmbeddingTable
    from vitrine.encoders.loading import load_encoder
    from vitrine.search.build.production import SearchModelInputs, produce
    from vitrine.search.products import Products
    from vitrine.search.settings import ProductionSettings

    inputs = SearchModelInputs(
        products=Products.read(Path(product_embeddings.uri)),
        queries=EmbeddingTable.open(Path(query_embeddings.uri)),
        judgements=without_clicks(read_split(judgements, "train", columns.JUDGEMENTS)),
        encoder=load_encoder(Path(path_utils.serving_model_path(encoder.uri)), cast("Precision", precision)),
        classifier=Path(path_utils.serving_model_path(classifier.uri)),
        category_head=Path(path_utils.serving_model_path(category_head.uri)) if category_head else None,
    )
    produce(
        inputs,
        ProductionSettings.model_validate_json(settings),
        Path(path_utils.serving_model_dir(model.uri)),
        Path(path_utils.serving_model_dir(index.uri)),
    )
    version = str(int(time.time()))
    for artifact in (model, index):
        artifact.set_string_custom_property(VERSION_PROPERTY, version)
        describe(artifact, inputs.encoder.fingerprint, inputs.encoder.dimension, inputs.products.count)
