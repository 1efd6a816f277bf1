"""The diverse order of a ranking, which the model computes from the vectors of the products."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, TEXT_VECTOR
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.saved_model.arrays import Array, Outputs
from vitrine.saved_model.status import invalid

ORDER: Final = "order"
"""The output with the positions of the ranked products in the diverse order, int [1, C]."""
VECTORS: Final = (TEXT_VECTOR, IMAGE_VECTOR, HAS_TEXT, HAS_IMAGE)


async def diversified(
    catalogue: Catalogue, version: CatalogueVersion, ranked: Outputs, diversity: float, vectors: Mapping[str, Array]
) -> Outputs:
    """Return the outputs `ranked` of a ranking, with `ORDER` if there is a diversity.

    `vectors` are those of the ranked products, [1, C] each; empty if the model has the products.

    Raises:
        ApiError: INVALID_ARGUMENT if the model was built before it could do so, or an error of the model.
    """
    if diversity == 0:
        return ranked
    signature = "diversify_given" if vectors else "diversify"
    if signature not in version.signatures:
        raise invalid(
            f"catalogue {catalogue.name}: version {version.version} has no signature {signature}; "
            "run the pipeline again, or search without diversity"
        )
    inputs: dict[str, Array] = {
        "product_id": ranked["product_id"],
        "score": ranked["score"],
        "diversity": np.array([diversity], np.float32),
    }
    return {**ranked, ORDER: (await catalogue.call(version, signature, {**inputs, **vectors}))[ORDER]}


def vectors_of(ranked: Outputs, product_ids: Sequence[str], products: Mapping[str, Array]) -> Mapping[str, Array]:
    """Return the vectors of the ranked products, [1, C] each, from those of `product_ids` in `products`, [1, R]."""
    row = {product_id.encode(): number for number, product_id in enumerate(product_ids)}
    rows = [row[product_id] for product_id in ranked["product_id"][0]]
    return {name: products[name][:, rows] for name in VECTORS}
