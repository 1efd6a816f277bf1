from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from pipelines.lineage.figure import draw
from pipelines.lineage.layout import lay_out
from pipelines.lineage.upstream import Lineage, trace
from tests.pipelines.metadata.stores import Metadata


@pytest.fixture
def lineage(metadata: Metadata) -> Lineage:
    baseline = metadata.push("run-1", "6")["search"]
    artifacts = metadata.push("run-2", "7", baseline)
    return trace(metadata.path, artifacts["pushed"].id, "product_search", "7")


def test_every_box_is_right_of_its_inputs_and_no_two_boxes_overlap(lineage: Lineage) -> None:
    layout = lay_out(lineage)
    assert layout.boxes.keys() == lineage.executions.keys()
    assert len(set(layout.boxes.values())) == len(layout.boxes)
    for edge in layout.edges:
        assert all(right - left == 1 for (left, _), (right, _) in pairwise(edge.points))
    names = sorted(name for edge in layout.edges for name in edge.names)
    assert names == sorted(name for execution in lineage.executions.values() for name in execution.inputs)


def test_edges_go_around_the_boxes(lineage: Lineage) -> None:
    layout = lay_out(lineage)
    boxes = set(layout.boxes.values())
    for edge in layout.edges:
        assert boxes.isdisjoint(edge.points[1:-1])


def test_a_vector_image_has_every_node_and_stamp(lineage: Lineage, tmp_path: Path) -> None:
    draw(lineage, tmp_path / "lineage.svg")
    text = (tmp_path / "lineage.svg").read_text(encoding="utf-8")
    for execution in lineage.executions.values():
        assert f"{execution.node} #{execution.id}" in text
    assert "code c11f" in text
    assert "product_search 7" in text


def test_a_pixel_image_can_be_opened(lineage: Lineage, tmp_path: Path) -> None:
    draw(lineage, tmp_path / "lineage.png")
    width, height = Image.open(tmp_path / "lineage.png").size
    assert width > height > 100
