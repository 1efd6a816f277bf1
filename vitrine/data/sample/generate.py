"""Generation of a sample: a catalogue with images, and judgements, in the contract's files."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import PIL
import pyarrow as pa

import vitrine.data.sample
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID, SPLITS
from vitrine.data.contract.files import CATALOGUE_SCHEMA, JUDGEMENTS_SCHEMA, write_catalogue, write_judgements
from vitrine.data.sample.drawing.product_image import draw_product
from vitrine.data.sample.pools import Pools
from vitrine.data.sample.products import Product, make_products
from vitrine.data.sample.queries import Query, make_queries
from vitrine.data.sample.settings import SampleSettings, generator
from vitrine.errors import ConfigError
from vitrine.files.replacing import move_directory, write_text

OnProgress = Callable[[str, int, int], None]
"""A callback for the kind of item ("images", "queries"), the number done and the total."""

_PARTS: Final = ("catalogue", "judgements", "images")
_RECIPE: Final = "sample.json"
_UNFINISHED: Final = ".unfinished"


def generate(output: Path, settings: SampleSettings, on_progress: OnProgress) -> bool:
    """Write the sample of `settings` to the folder `output`. Equal settings give equal bytes.

    Returns:
        True when the sample was written; False when the folder holds this very sample, which is left untouched so that
        results computed from it stay valid.

    Raises:
        ConfigError: `output` is a file, or a folder that holds something other than an earlier sample.

    """
    recipe = json.dumps({**asdict(settings), "made_by": _maker()}, indent=2) + "\n"
    if _holds(output, recipe):
        return False
    staged = output / _UNFINISHED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    products = make_products(settings)
    _write_judgements(staged, products, settings, on_progress)
    write_catalogue(staged, _catalogue(products))
    _write_images(staged / "images", products, settings, on_progress)
    (output / _RECIPE).unlink(missing_ok=True)
    for part in _PARTS:
        move_directory(staged / part, output / part, staged / f"{part}.old")
    write_text(output / _RECIPE, recipe)
    shutil.rmtree(staged)
    return True


def _holds(output: Path, recipe: str) -> bool:
    """Return whether `output` holds the sample of this recipe; raise ConfigError if it holds anything but a sample."""
    if output.exists() and not output.is_dir():
        raise ConfigError(f"--output {output}: is a file; name a folder")
    if not output.is_dir():
        return False
    found = {path.name for path in output.iterdir()}
    if found and not found & {_RECIPE, _UNFINISHED}:
        raise ConfigError(f"--output {output}: holds something other than a sample; name an empty or a new folder")
    complete = {_RECIPE, *_PARTS} <= found and _UNFINISHED not in found
    return complete and (output / _RECIPE).read_text(encoding="utf-8") == recipe


def _maker() -> str:
    """Return the generator's version: a hash of this package's source, and the version of Pillow."""
    root = Path(vitrine.data.sample.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()[:16]}, Pillow {PIL.__version__}"


def _catalogue(products: Sequence[Product]) -> pa.Table:
    rows = [
        {PRODUCT_ID: product.product_id, **asdict(product.text), "image": product.image, "price": product.price}
        for product in products
    ]
    return pa.Table.from_pylist(rows, schema=CATALOGUE_SCHEMA)


def _write_judgements(
    folder: Path, products: Sequence[Product], settings: SampleSettings, on_progress: OnProgress
) -> None:
    pools = Pools(products, settings)
    rows: dict[str, list[dict[str, str]]] = {split: [] for split in SPLITS}
    for done, query in enumerate(make_queries(products, settings), start=1):
        rows[query.split] += _judged(query, pools, products)
        on_progress("queries", done, settings.queries)
    for split in SPLITS:
        write_judgements(folder, split, pa.Table.from_pylist(rows[split], schema=JUDGEMENTS_SCHEMA))


def _judged(query: Query, pools: Pools, products: Sequence[Product]) -> list[dict[str, str]]:
    return [
        {QUERY_ID: query.query_id, QUERY: query.text, PRODUCT_ID: products[index].product_id, ESCI_LABEL: given}
        for index, given in pools.judge(query)
    ]


def _write_images(folder: Path, products: Sequence[Product], settings: SampleSettings, on_progress: OnProgress) -> None:
    """Draw and write the images one by one, so that memory does not grow with their number."""
    folder.mkdir()
    for index, product in enumerate(products):
        if product.image:
            image = draw_product(product.traits, generator(settings, "picture", index))
            image.save(folder / product.image, format="PNG")
        on_progress("images", index + 1, len(products))
