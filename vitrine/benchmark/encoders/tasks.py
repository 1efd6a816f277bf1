"""The tasks that encoders are compared by: searches of queries, and of titles and images of held-out products."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from vitrine.benchmark.encoders.product_rows import NONE, Data, product_rows
from vitrine.benchmark.encoders.relation import Relation, Rows
from vitrine.benchmark.encoders.slices import Masks, product_slices, search_slices
from vitrine.benchmark.encoders.table_json import SEARCH, TITLES, TO_IMAGE, TO_TEXT, TableCounts
from vitrine.benchmark.slices import head_categories
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_files
from vitrine.embeddings.known_vectors import content_key
from vitrine.errors import DataError
from vitrine.tuning.judged_texts import JudgedTexts, judged_texts


@dataclass(frozen=True)
class Tasks:
    """The searches that encoders are compared by.

    Attributes:
        judged: the eval judgements over the documents, the distinct texts of the whole catalogue.
        asked: the rows of the queries that search them.
        titles: the distinct titles of the held-out products.
        images: the paths of their distinct main images.
        relations: by task, what belongs together; tasks without any pair are left out.
        slices: by task, masks of its queries.
        counts: what there is.
    """

    judged: JudgedTexts
    asked: Rows
    titles: list[str]
    images: list[str]
    relations: Mapping[str, Relation]
    slices: Mapping[str, Masks]
    counts: TableCounts

    def candidates(self, task: str) -> int:
        """Return the number of texts or images that a task's queries search."""
        return len(self.judged.documents if task == SEARCH else self.relations[task].candidates)


def read_tasks(data: Data, images: bool) -> Tasks:
    """Read the data, hold products out, and relate their titles, texts and, if `images`, images.

    Raises:
        DataError: the files break the contract, or no query of the eval split can be measured.
    """
    catalogue = read_catalogue(data.folder)
    trained, evaluated = (read_judgements(data.folder, split) for split in ("train", "eval"))
    judged = _without_empty_text(judged_texts(evaluated, catalogue, data.text_fields))
    asked = np.unique(judged.query)
    if not len(asked):
        raise DataError(
            f"{data.folder}: no product with a text is judged in the eval split, so nothing can be measured"
        )
    products = product_rows(data, catalogue, judged.documents, set(trained[PRODUCT_ID].to_pylist()))
    head = head_categories(products["category"].tolist())
    held_out = products[products["held_out"]]
    titled = held_out[held_out["title"] != ""]
    number, titles = pd.factorize(titled["title"])
    titled = titled.assign(number=number.astype(np.int64))
    written, pictured = titled[titled["document"] != NONE], titled[titled["image"] != ""]
    rows, paths = _distinct_images(pictured["image"].tolist() if images else [], data.image_root)
    pictured = pictured[: len(rows)].assign(picture=rows)
    pictured = pictured[pictured["picture"] != NONE]
    others = held_out.loc[held_out["document"] != NONE, "document"].to_numpy()
    related = {
        TITLES: (written, _related(written, "number", "document", others)),
        TO_IMAGE: (pictured, _related(pictured, "number", "picture")),
        TO_TEXT: (pictured, _related(pictured, "picture", "number")),
    }
    related = {task: both for task, both in related.items() if len(both[0])}
    slices = {task: product_slices(rows, relation.query, head) for task, (rows, relation) in related.items()}
    return Tasks(
        judged,
        asked,
        titles.tolist(),
        paths,
        {task: relation for task, (_, relation) in related.items()},
        {SEARCH: search_slices(judged, products, asked, head), **slices},
        {
            "products": len(products),
            "held_out": len(held_out),
            "head_categories": len(head),
            "tail_categories": products.loc[products["category"] != "", "category"].nunique() - len(head),
        },
    )


def _without_empty_text(judged: JudgedTexts) -> JudgedTexts:
    """Return the judged pairs, none of which has the empty text, without it among the documents."""
    kept = pc.not_equal(judged.documents, "")
    place = np.cumsum(np.asarray(kept)) - 1
    return dataclasses.replace(judged, documents=judged.documents.filter(kept), document=place[judged.document])


def _related(products: pd.DataFrame, left: str, right: str, further: Rows | None = None) -> Relation:
    """Relate two columns of rows."""
    return Relation.of(products[left].to_numpy(np.int64), products[right].to_numpy(np.int64), further)


def _distinct_images(images: list[str], root: Folder) -> tuple[list[int], list[str]]:
    """Return each image's row among the distinct ones, `NONE` if it cannot be read, and the paths of these."""
    rows: list[int] = []
    paths: dict[bytes, str] = {}
    numbers: dict[bytes, int] = {}
    for path, key in zip(images, read_files(images, root, _checked_key), strict=True):
        if isinstance(key, UnreadableImage):
            rows.append(NONE)
            continue
        paths.setdefault(key, path)
        rows.append(numbers.setdefault(key, len(numbers)))
    return rows, list(paths.values())


def _checked_key(data: bytes) -> bytes:
    decode_image(data)
    return content_key(data)
