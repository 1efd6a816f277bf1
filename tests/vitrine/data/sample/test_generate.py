import csv
import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.columns import CATALOGUE, JUDGEMENTS, SPLITS
from vitrine.data.contract.files import check
from vitrine.data.sample.generate import generate
from vitrine.data.sample.settings import SampleSettings
from vitrine.errors import ConfigError

TINY = SampleSettings(products=60, queries=20)


def write(output: Path, settings: SampleSettings = TINY) -> bool:
    return generate(output, settings, lambda *_: None)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("tiny") / "sample"
    assert write(output)
    return output


def test_equal_settings_give_equal_bytes(tiny: Path, tmp_path: Path) -> None:
    write(tmp_path / "again")
    assert digests(tmp_path / "again") == digests(tiny)


def test_another_seed_gives_another_shop(tiny: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", SampleSettings(products=60, queries=20, seed=1))
    ours, theirs = digests(tiny), digests(tmp_path / "other")
    assert [name for name in ours if ours[name] == theirs.get(name)] == []


def test_the_files_keep_the_contract(tiny: Path) -> None:
    summary = check(tiny)
    assert (summary.products, summary.queries) == (60, {"train": 15, "eval": 5})
    files = {"catalogue/products.csv": CATALOGUE} | {f"judgements/{s}/judgements.csv": JUDGEMENTS for s in SPLITS}
    for name, columns in files.items():
        lines = (tiny / name).read_text(encoding="utf-8").splitlines()
        assert tuple(next(csv.reader(lines))) == columns
        assert all(len(row) == len(columns) for row in csv.reader(lines))


def test_the_image_column_names_the_images(tiny: Path) -> None:
    with (tiny / "catalogue/products.csv").open(encoding="utf-8", newline="") as file:
        named = {row["image"] for row in csv.DictReader(file)} - {""}
    assert named == {path.name for path in (tiny / "images").iterdir()}
    for name in named:
        with Image.open(tiny / "images" / name) as image:
            assert (image.format, image.size) == ("PNG", (96, 96))


def test_the_same_sample_is_left_untouched(tmp_path: Path) -> None:
    write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not write(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_another_sample_replaces_the_earlier_one_whole(tmp_path: Path) -> None:
    write(tmp_path / "a", SampleSettings(products=80, queries=20))
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_an_interrupted_generation_is_taken_up_again(tiny: Path, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "images" and done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, TINY, interrupt)
    assert not (tmp_path / "catalogue").exists()
    assert write(tmp_path)
    assert digests(tmp_path) == digests(tiny)


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    with pytest.raises(ConfigError, match="holds something other than a sample; name an empty or a new folder"):
        write(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ConfigError, match="taken: is a file; name a folder"):
        write(tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_progress_counts_up_to_the_totals(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    generate(tmp_path, TINY, lambda what, done, total: seen.append((what, done, total)))
    assert seen == [("queries", n, 20) for n in range(1, 21)] + [("images", n, 60) for n in range(1, 61)]


def test_the_recipe_says_what_the_sample_was_made_with(tiny: Path) -> None:
    recipe = json.loads((tiny / "sample.json").read_text(encoding="utf-8"))
    assert (recipe["products"], recipe["queries"], recipe["seed"], recipe["label_noise"]) == (60, 20, 0, 0.03)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"products": 0}, "--products 0: a sample needs 20 or more"),
        ({"queries": 3}, "--queries 3: a sample needs 4 or more"),
        ({"products": 60, "queries": 301}, "--queries 301: 60 products allow 300 or fewer"),
        ({"seed": -1}, "--seed -1: a sample needs 0 or more"),
    ],
)
def test_sizes_that_make_no_sample_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SampleSettings(**options)
