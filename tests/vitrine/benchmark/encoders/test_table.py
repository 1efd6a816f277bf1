import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vitrine.benchmark.encoders.drawings import WITHOUT_IMAGE, DrawingEncoder, write_drawings
from vitrine.benchmark.encoders.figure import draw
from vitrine.benchmark.encoders.measure import measure
from vitrine.benchmark.encoders.product_rows import Data
from vitrine.benchmark.encoders.table_json import (
    ALL,
    MAIN,
    METRICS,
    SEARCH,
    TITLES,
    TO_IMAGE,
    TO_TEXT,
    WITH_EXACT,
    EncoderTable,
)
from vitrine.benchmark.encoders.tasks import read_tasks
from vitrine.benchmark.encoders.text import as_markdown
from vitrine.errors import DataError


def value(figures: EncoderTable, task: str, metric: str, source: str, part: str = ALL) -> float:
    return figures["tasks"][task]["slices"][part]["metrics"][metric][source]["value"]


def test_an_encoder_that_knows_all_finds_all_and_one_that_is_mistaken_does_not(figures: EncoderTable) -> None:
    for task, metrics in ((TO_IMAGE, METRICS[TO_IMAGE]), (TO_TEXT, METRICS[TO_TEXT]), (TITLES, ("mrr",))):
        assert [value(figures, task, metric, "good") for metric in metrics] == [1.0] * len(metrics)
    assert value(figures, TO_IMAGE, "recall@1", "mistaken") < 0.3
    assert value(figures, SEARCH, "recall@10", "good", WITH_EXACT) == 1.0


def test_differences_are_to_the_first_encoder_of_a_task_with_interval_and_p_value(figures: EncoderTable) -> None:
    of_metric = figures["tasks"][TO_IMAGE]["slices"][ALL]["metrics"]["recall@1"]
    assert "difference" not in of_metric["mistaken"]
    difference = of_metric["good"]["difference"]
    assert difference["value"] == pytest.approx(1 - of_metric["mistaken"]["value"])
    assert 0 < difference["low"] <= difference["value"] <= difference["high"]
    assert difference["p_value"] < 0.05


def test_an_encoder_of_texts_is_left_out_where_images_are_read(figures: EncoderTable) -> None:
    measured = {task: set(figures["tasks"][task]["slices"][ALL]["metrics"]["mrr"]) for task in (TITLES, TO_IMAGE)}
    assert measured[TITLES] - measured[TO_IMAGE] == {"texts"}
    assert "Not measured, since they read no images: `texts`." in as_markdown(figures)


def test_equal_encoders_are_measured_once(drawings: Data, figures: EncoderTable) -> None:
    (copy,) = [encoder for encoder in figures["encoders"] if "same_as" in encoder]
    assert (copy["source"], copy["same_as"]) == ("copy", "good")
    encoder = DrawingEncoder()
    measure(encoder, read_tasks(drawings, images=True), drawings.image_root, "")
    queries = [text for text in encoder.encoded if text.startswith("like")]
    documents = [text for text in encoder.encoded if text.startswith("drawing")]
    titles = read_tasks(drawings, images=True).titles
    assert len(queries) == len(set(queries)) == 20
    assert sorted(documents) == sorted([*(f"drawing {number}" for number in range(60)), *titles])


def test_slices_are_of_head_and_tail_categories_and_of_images(figures: EncoderTable) -> None:
    slices = figures["tasks"][SEARCH]["slices"]
    assert figures["counts"]["head_categories"] == 1
    assert {name: part["queries"] for name, part in slices.items()} == {
        "all": 20,
        "with an E": 19,
        "head categories": 10,
        "tail categories": 9,
        "with an image": 15,
        "without an image": 4,
    }
    assert set(slices["with an E"]["metrics"]) == set(METRICS[SEARCH])
    assert set(slices["tail categories"]["metrics"]) == {MAIN[SEARCH]}
    titles = figures["tasks"][TITLES]["slices"]
    assert titles["head categories"]["queries"] + titles["tail categories"]["queries"] == titles[ALL]["queries"]


def test_the_search_is_of_the_whole_catalogue_and_the_rest_of_what_is_held_out(figures: EncoderTable) -> None:
    candidates = {task: of_task["candidates"] for task, of_task in figures["tasks"].items()}
    assert candidates[SEARCH] == 60
    assert candidates[TITLES] == figures["counts"]["held_out"] < 30


def test_an_image_of_two_products_is_one_that_both_titles_find(tmp_path: Path) -> None:
    data = write_drawings(tmp_path / "data")
    for number in range(2, 60, 2):
        if number not in WITHOUT_IMAGE:
            shutil.copy(data.image_root / f"{number}.png", data.image_root / f"{number + 1}.png")
    tasks = read_tasks(data, images=True)
    titles = np.bincount(tasks.relations[TO_TEXT].query)
    shared = [int(Path(image).stem) - 1 not in WITHOUT_IMAGE for image in tasks.images]
    assert any(shared)
    assert titles.tolist() == [2 if both else 1 for both in shared]


def test_a_catalogue_without_images_has_the_tasks_of_texts_only(drawings: Data) -> None:
    tasks = read_tasks(drawings, images=False)
    assert set(tasks.relations) == {TITLES}
    assert set(measure(DrawingEncoder(), tasks, drawings.image_root, "")) == {SEARCH, TITLES}


def test_no_judged_product_with_a_text_is_an_error(tmp_path: Path) -> None:
    data = write_drawings(tmp_path / "data")
    with pytest.raises(DataError, match="no product with a text is judged in the eval split"):
        read_tasks(Data(data.folder, data.image_root, ("description",)), images=False)


def test_an_image_that_goes_while_it_is_measured_is_an_error(tmp_path: Path) -> None:
    data = write_drawings(tmp_path / "data")
    tasks = read_tasks(data, images=True)
    (data.image_root / tasks.images[0]).unlink()
    with pytest.raises(DataError, match="do not change images while they are measured"):
        measure(DrawingEncoder(), tasks, data.image_root, "")


def test_the_table_is_text_json_and_a_figure(figures: EncoderTable, tmp_path: Path) -> None:
    text = as_markdown(figures)
    assert "- `copy`: clip, 64 dimensions, texts and images, the same as `good`" in text
    for heading in ("Query → product", "Text → image", "Image → text", "Own title → product"):
        assert f"\n## {heading}\n" in text
    assert "| 19 queries with an E |" in text
    assert "The tail are the 2 rarest categories" in text
    assert json.loads(json.dumps(figures)) == figures
    draw(figures, tmp_path / "encoders.png")
    assert Image.open(tmp_path / "encoders.png").size[0] > 500
