"""Feast's entities, feature views and feature service, for vectors of a given length."""

from pathlib import Path
from typing import Any, Final

from vitrine.data import columns
from vitrine.features import views
from vitrine.features.entities import entity

CLASSIFIER_SERVICE: Final = "esci_classifier"
"""The feature service of the pair classifier: the vectors of query and product, and the product's text."""


def definitions(dimension: int, root: Path = Path()) -> list[Any]:
    """Return all Feast objects in the order of their dependencies.

    Each vector has a view of its own, since an online store searches one vector per view.

    Args:
        dimension: The length of the vectors.
        root: The directory of `offline/`. By default it is relative to the repository that the definitions are applied
            to, which can then be moved as a whole.
    """
    from feast import FeatureService

    query, product, project = (entity(name) for name in ("query", "product", "project"))
    query_text = _view(views.QUERY_TEXT, query, root, dimension, strings=(columns.QUERY,))
    product_text = _view(views.PRODUCT_TEXT, product, root, dimension)
    product_image = _view(views.PRODUCT_IMAGE, product, root, dimension)
    attributes = _view(views.PRODUCT_ATTRIBUTES, product, root, dimension, columns.PRODUCT_TEXT, views.FLAGS)
    registration = _view(views.REGISTRATION, project, root, dimension, strings=(views.COMPLETED,))
    service = FeatureService(
        name=CLASSIFIER_SERVICE,
        features=[query_text, product_text, product_image, attributes],
        description="The features of the pair classifier.",
    )
    return [query, product, project, query_text, product_text, product_image, attributes, registration, service]


def _view(
    name: str, entity: Any, root: Path, dimension: int, strings: tuple[str, ...] = (), flags: tuple[str, ...] = ()
) -> Any:
    from feast import FeatureView, Field, FileSource
    from feast.types import Array, Float32, Int64, String

    schema = [Field(name=column, dtype=String) for column in strings]
    schema += [Field(name=column, dtype=Int64) for column in flags]
    if name in views.VECTORS:
        vector = Field(
            name=views.VECTORS[name],
            dtype=Array(Float32),
            vector_index=True,
            vector_length=dimension,
            vector_search_metric="COSINE",
        )
        schema.append(vector)
    source = FileSource(name=f"{name}_files", path=str(root / views.OFFLINE / name), timestamp_field=views.EVENT_TIME)
    return FeatureView(name=name, entities=[entity], schema=schema, source=source, online=True)
