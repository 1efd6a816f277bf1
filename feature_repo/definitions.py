"""Feast's entities, feature views and feature service, for vectors of a given length."""

from pathlib import Path
from typing import Any, Final

from vitrine.data import columns
from vitrine.features import filter_columns, views
from vitrine.features.entities import entity

CLASSIFIER_SERVICE: Final = "esci_classifier"
"""The feature service of the pair classifier: the vectors of query and product, and the product's text."""


def definitions(dimension: int, filterable: bool = False, root: Path = Path()) -> list[Any]:
    """Return all Feast objects in the order of their dependencies.

    Each vector has a view of its own, since an online store searches one vector per view.

    Args:
        dimension: The length of the vectors.
        filterable: Whether the products' vectors have columns by which the online store filters.
        root: The directory of `offline/`. By default it is relative to the repository that the definitions are applied
            to, which can then be moved as a whole.
    """
    from feast import FeatureService

    query, product, project = (entity(name) for name in ("query", "product", "project"))
    query_vector, text_vector, image_vector = (_vector(name, dimension) for name in views.VECTORS.values())
    query_text = _view(views.QUERY_TEXT, query, root, strings=(columns.QUERY,), vector=query_vector)
    strings, numbers = (filter_columns.STRINGS, filter_columns.NUMBERS) if filterable else ((), ())
    product_text = _view(views.PRODUCT_TEXT, product, root, strings, numbers, vector=text_vector)
    product_image = _view(views.PRODUCT_IMAGE, product, root, strings, numbers, vector=image_vector)
    attributes = _view(views.PRODUCT_ATTRIBUTES, product, root, columns.PRODUCT_TEXT, flags=views.FLAGS)
    registration = _view(views.REGISTRATION, project, root, strings=(views.COMPLETED,))
    service = FeatureService(
        name=CLASSIFIER_SERVICE,
        features=[query_text, product_text, product_image, attributes],
        description="The features of the pair classifier.",
    )
    return [query, product, project, query_text, product_text, product_image, attributes, registration, service]


def _view(
    name: str,
    entity: Any,
    root: Path,
    strings: tuple[str, ...] = (),
    numbers: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    vector: Any = None,
) -> Any:
    from feast import FeatureView, Field, FileSource
    from feast.types import Float32, Int64, String

    types = dict.fromkeys(strings, String) | dict.fromkeys(numbers, Float32) | dict.fromkeys(flags, Int64)
    schema = [Field(name=column, dtype=dtype) for column, dtype in types.items()]
    source = FileSource(name=f"{name}_files", path=str(root / views.OFFLINE / name), timestamp_field=views.EVENT_TIME)
    schema += [vector] if vector else []
    return FeatureView(name=name, entities=[entity], schema=schema, source=source, online=True)


def _vector(name: str, dimension: int) -> Any:
    from feast import Field
    from feast.types import Array, Float32

    return Field(
        name=name, dtype=Array(Float32), vector_index=True, vector_length=dimension, vector_search_metric="COSINE"
    )
