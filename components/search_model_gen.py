"""SearchModelGen: vectors, encoder and classifier become the served search model and its index."""

import json
import time
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.utils import path_utils

from components.artifacts import Embeddings, describe
from components.examples import read_split
from components.pusher import VERSION_PROPERTY
from components.staging import staged
from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.images.image_root import Folder, image_folder
from vitrine.data.images.parallel_reading import read_bmp_images
from vitrine.search.products import Products

WARMUP_REQUESTS = 8


@component
@staged
def SearchModelGen(  # noqa: N802  # a component's name is a type's
    query_embeddings: tfx.dsl.components.InputArtifact[Embeddings],
    product_embeddings: tfx.dsl.components.InputArtifact[Embeddings],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    encoder: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    classifier: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    model: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
    index: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
    settings: tfx.dsl.components.Parameter[str],
) -> None:
    """Choose the weights on the train split, build the search model, and write it and the index for other consumers.

    `settings` is JSON: `search` holds the fields of SearchSettings; `validation_share` is the share of train queries
    that the classifier's training held out; `precision` what the encoder computes in; `image_root` where relative image
    paths start; `code` a stamp for the cache. Both outputs carry the same `version`, under which they are pushed.
    """
    from vitrine.encoders.loading import load_encoder
    from vitrine.search import index_files
    from vitrine.search.build import assembly, calibration, export, tuning
    from vitrine.search.exported_model import ExportedModel
    from vitrine.search.model.scorer import load_classifier
    from vitrine.search.settings import SearchSettings
    from vitrine.text.words import vocabulary_of

    options = json.loads(settings)
    search = SearchSettings.model_validate(options["search"])
    queries = pa.parquet.read_table(query_embeddings.uri)
    products = read_products(product_embeddings.uri)
    classifier_dir = Path(path_utils.serving_model_path(classifier.uri))
    train = read_split(judgements, "train", columns.JUDGEMENTS)
    weights = tuning.tune(products, train, queries, load_classifier(classifier_dir), options["validation_share"])
    progress.note(
        f"chosen on the train split: classifier's share {weights.blend:.2f} of the score, "
        f"text's share {weights.text_query.text_weight:.2f} of the similarity"
    )
    loaded = load_encoder(Path(path_utils.serving_model_path(encoder.uri)), precision=options["precision"])
    module = assembly.build_search_model(
        products.table, products.text_vectors, products.image_vectors, products.has_text, products.has_image,
        loaded, classifier_dir, search, weights, as_matrix(queries[columns.QUERY_VECTOR]),
    )  # fmt: skip
    asked = train[columns.QUERY].unique().to_pylist()[:WARMUP_REQUESTS]
    folder = image_folder(options["image_root"])
    pictures = some_pictures(product_embeddings.uri, folder) if loaded.encodes_images else []
    export.export_search_model(module, Path(path_utils.serving_model_dir(model.uri)), asked, pictures)
    confidence = calibration.measure(
        ExportedModel(Path(path_utils.serving_model_dir(model.uri))),
        train[columns.QUERY].unique().to_pylist(),
        products.ids,
        vocabulary_of(chain.from_iterable(products.strings(name) for name in columns.PRODUCT_TEXT)),
        weights.image_query,
    )
    index_files.write_index(
        Path(path_utils.serving_model_dir(index.uri)),
        products, weights, search, loaded.fingerprint, confidence, options["image_root"],
    )  # fmt: skip
    version = str(int(time.time()))
    for artifact in (model, index):
        artifact.set_string_custom_property(VERSION_PROPERTY, version)
        describe(artifact, loaded.fingerprint, loaded.dimension, products.count)


def read_products(uri: str) -> Products:
    """Read EmbeddingGen's products."""
    table = pa.parquet.read_table(uri)
    return Products.of(
        table.select([columns.PRODUCT_ID, *columns.PRODUCT_TEXT, columns.IMAGE, columns.PRICE]),
        as_matrix(table[columns.TEXT_VECTOR]),
        as_matrix(table[columns.IMAGE_VECTOR]),
        table[columns.HAS_TEXT].to_numpy(),
        table[columns.HAS_IMAGE].to_numpy(),
    )


def some_pictures(uri: str, image_root: Folder, limit: int = WARMUP_REQUESTS) -> list[bytes]:
    """Return the files of the first few pictures that were decoded, as the graph wants them."""
    table = pa.parquet.read_table(uri, columns=[columns.IMAGE, columns.HAS_IMAGE])
    paths = table.filter(table[columns.HAS_IMAGE])[columns.IMAGE].slice(0, limit).to_pylist()
    return read_bmp_images(paths, image_root)
