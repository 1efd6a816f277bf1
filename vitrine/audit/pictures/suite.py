"""The suite `pictures`: images of products after changes, beside the clean ones, and images that show no product."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from PIL import Image

from vitrine import progress
from vitrine.audit.data import AuditData
from vitrine.audit.pictures.changes import CHANGES, PictureKind, encoded
from vitrine.audit.pictures.no_products import no_product_images
from vitrine.audit.section import Cell, Figure, Section, Table, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import TOP, Answer, Target
from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.images.image_root import image_folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_images
from vitrine.metrics.bootstrap import compare, estimate

NAME: Final = "pictures"
TITLE: Final = "Robustness of images"
_TITLES: Final = {
    "noise": "noise", "blank": "one colour", "gradient": "gradient", "face": "a face, drawn", "page": "a page of text",
}  # fmt: skip


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Measure whether products are found by changed images of them, and whether other images are refused."""
    if not target.searches_images:
        return skipped(NAME, TITLE, "the engine does not search by image")
    others = {kind: target.search_images(images) for kind, images in no_product_images(settings.seed).items()}
    figures = [_refused(f"{NAME}.no_product_{kind}.refused", answers) for kind, answers in others.items()]
    figures.append(_refused(f"{NAME}.no_product.refused", [each for answers in others.values() for each in answers]))
    ids, images = _product_images(data, settings)
    tables = [_others_table(others)]
    reading = f"{figures[-1].value:.1%} of {figures[-1].n} images that show no product are refused."
    if not ids:
        return Section(NAME, TITLE, f"{reading} No image of a product was at hand.", tuple(figures), tuple(tables))
    clean = target.search_images([encoded(image) for image in images])
    found = _found(ids, clean)
    lost = np.array([float(answer.refused or not answer.hits) for answer in clean])
    figures.append(Figure.of(f"{NAME}.real.lost", estimate(lost), len(ids), "low"))
    rows: list[list[Cell]] = []
    for number, kind in enumerate(CHANGES, 1):
        of_kind, row = _measured(target, kind, ids, images, clean, settings.seed)
        figures += of_kind
        rows.append(row)
        progress.report("changes of images", number, len(CHANGES))
    columns = ("change", "images", "found, clean", "found, changed", "loss", "95%", "p", "overlap", "refused")
    reading += (
        f" Of {len(ids)} images of products, {lost.mean():.1%} are refused, and {found.mean():.1%} find their own "
        "product among the first ten results. The loss is the paired difference of that share after a change; the "
        "overlap is the share of the clean image's first ten results that stay among the first ten."
    )
    tables.insert(0, Table("The own product among the first ten results", columns, rows))
    return Section(NAME, TITLE, reading, tuple(figures), tuple(tables))


def _product_images(data: AuditData, settings: AuditSettings) -> tuple[list[str], list[Image.Image]]:
    """Return the ids and the images of drawn products; images that cannot be read are left out."""
    if data.products is None:
        return [], []
    names = data.products[IMAGE].to_pylist()
    with_image = [row for row, name in enumerate(names) if name]
    drawn = np.random.default_rng(settings.seed).permutation(with_image)[: settings.images]
    rows = sorted(int(row) for row in drawn)
    read = read_images([names[row] for row in rows], image_folder(data.image_root), lambda image: image.convert("RGB"))
    all_ids = data.products[PRODUCT_ID].to_pylist()
    pairs = [
        (all_ids[row], image) for row, image in zip(rows, read, strict=True) if not isinstance(image, UnreadableImage)
    ]
    return [product for product, _ in pairs], [image for _, image in pairs]


def _measured(
    target: Target,
    kind: PictureKind,
    ids: Sequence[str],
    images: list[Image.Image],
    clean: Sequence[Answer],
    seed: int,
) -> tuple[list[Figure], list[Cell]]:
    """Return the figures of one change, and its row of the table."""
    answers = target.search_images(kind.apply(images, seed))
    was_found, is_found = _found(ids, clean), _found(ids, answers)
    loss = compare(was_found, is_found, seed=seed)
    overlap = np.array([_overlap(before, after) for before, after in zip(clean, answers, strict=True)])
    refused = _refused(f"{NAME}.{kind.name}.refused", answers)
    key, n = f"{NAME}.{kind.name}", len(ids)
    figures = [
        Figure.of(f"{key}.found_loss", loss.difference, n, "low"),
        Figure.of(f"{key}.overlap", estimate(overlap), n, "high"),
        Figure(refused.key, refused.value, refused.low, refused.high, n, "low"),
    ]
    difference = loss.difference
    row: list[Cell] = [
        kind.title, n, float(was_found.mean()), float(is_found.mean()), difference.value,
        f"[{difference.low:.3f}, {difference.high:.3f}]", loss.p_value, float(overlap.mean()), refused.value,
    ]  # fmt: skip
    return figures, row


def _found(ids: Sequence[str], answers: Sequence[Answer]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    pairs = zip(ids, answers, strict=True)
    return np.array([float(product in answer.product_ids[:TOP]) for product, answer in pairs])


def _overlap(clean: Answer, changed: Answer) -> float:
    first = set(clean.product_ids[:TOP])
    return len(first.intersection(changed.product_ids[:TOP])) / len(first) if first else float(not changed.hits)


def _refused(key: str, answers: Sequence[Answer]) -> Figure:
    refused = np.array([float(answer.refused or not answer.hits) for answer in answers])
    return Figure.of(key, estimate(refused), len(answers), "high")


def _others_table(others: Mapping[str, Sequence[Answer]]) -> Table:
    rows: list[list[Cell]] = []
    for kind, answers in others.items():
        shown = [answer for answer in answers if answer.hits]
        best = max(shown, key=lambda answer: answer.hits[0].score, default=None)
        example = f"{best.hits[0].title} ({best.hits[0].score:.3f})" if best else ""
        rows.append([_TITLES[kind], len(answers), _refused("", answers).value, example])
    return Table("Images that show no product", ("kind", "images", "refused", "result with the best score"), rows)
