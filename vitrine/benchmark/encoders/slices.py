"""Slices of the queries of each task: by category, by image, and by whether training may have seen them."""

from collections.abc import Mapping, Set

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.benchmark.encoders.relation import Rows
from vitrine.benchmark.encoders.table_json import ALL, WITH_EXACT
from vitrine.labels import GAINS
from vitrine.tuning.judged_texts import JudgedTexts

Masks = dict[str, npt.NDArray[np.bool_]]
"""Masks over the queries of a task, bool [Q] each."""
HEAD, TAIL = "head categories", "tail categories"
WITH_IMAGE, WITHOUT_IMAGE, UNSEEN = "with an image", "without an image", "without a train judgement"


def product_slices(products: pd.DataFrame, queries: Rows, head: Set[str]) -> Masks:
    """Slice Q queries that come from products; where a query has several products, the first one's category counts.

    Args:
        products: the products, as `product_rows` has them.
        queries: the number of each product's query, int64 [N], from 0 to Q - 1.
        head: the head categories.
    """
    grouped = products[["category", "image", "trained"]].assign(image=products["image"] != "").groupby(queries)
    image, trained = grouped["image"].any().to_numpy(bool), grouped["trained"].any().to_numpy(bool)
    masks = _by_category(grouped["category"].first().to_numpy(object), head)
    return _of_use({**masks, WITH_IMAGE: image, WITHOUT_IMAGE: ~image, UNSEEN: ~trained})


def search_slices(judged: JudgedTexts, products: pd.DataFrame, asked: Rows, head: Set[str]) -> Masks:
    """Slice the queries `asked`, rows int64 [Q] of `judged`, by the products that are exact for them.

    A query's category is the most frequent one of these, and it counts as having images if most of them have.
    """
    exact = judged.gain == GAINS[-1]
    pairs = pd.DataFrame({"query": judged.query[exact], "document": judged.document[exact]})
    known = products.loc[products["document"] >= 0, ["document", "category"]].assign(image=products["image"] != "")
    grouped = pairs.merge(known, on="document").groupby("query")
    categories = grouped["category"].agg(lambda values: values.mode().iloc[0]).reindex(asked, fill_value="")
    image = grouped["image"].mean().reindex(asked).to_numpy()
    masks = {WITH_EXACT: np.isin(asked, pairs["query"])} | _by_category(categories.to_numpy(object), head)
    return _of_use({**masks, WITH_IMAGE: image > 0.5, WITHOUT_IMAGE: image <= 0.5})


def _by_category(categories: npt.NDArray[np.object_], head: Set[str]) -> Masks:
    in_head = np.array([category in head for category in categories], bool)
    return {HEAD: in_head, TAIL: (categories != "") & ~in_head}


def _of_use(masks: Mapping[str, npt.NDArray[np.bool_]]) -> Masks:
    """Return the masks of some of the queries, after that of all."""
    count = len(next(iter(masks.values())))
    return {ALL: np.ones(count, bool)} | {name: mask for name, mask in masks.items() if mask.any() and not mask.all()}
