import pyarrow as pa
import pytest

from vitrine.data.tables.image_cells import limit_views, read_images, split_images


@pytest.mark.parametrize(
    ("cell", "images"),
    [
        ("", []),
        ("a.jpg", ["a.jpg"]),
        ("my lamp, red.jpg", ["my lamp, red.jpg"]),
        ("a.jpg, b.PNG;c.webp|d.jpg?v=2", ["a.jpg", "b.PNG", "c.webp", "d.jpg?v=2"]),
        ("a.jpg\nb.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg b.jpg, my lamp.jpg", ["a.jpg", "b.jpg", "my lamp.jpg"]),
        ("https://a.example/1.jpg,https://a.example/2.jpg", ["https://a.example/1.jpg", "https://a.example/2.jpg"]),
        (
            "https://a.example/w_10,h_20/1.jpg , //b.example/2",
            ["https://a.example/w_10,h_20/1.jpg", "https://b.example/2"],
        ),
        ("https://a.example/1.jpg https://a.example/2.jpg", ["https://a.example/1.jpg", "https://a.example/2.jpg"]),
        ("//cdn.example/1.jpg", ["https://cdn.example/1.jpg"]),
        ('["a.jpg", "b.jpg"]', ["a.jpg", "b.jpg"]),
    ],
)
def test_a_cell_is_split_into_its_images(cell, images):
    assert split_images(cell) == images


def read(*columns: list[str]):
    images = read_images([pa.chunked_array([column], pa.string()) for column in columns])
    return [part.to_pylist() for part in (images.first, images.others, images.malformed)]


def test_the_images_of_all_columns_are_one_list_each_once():
    assert read(["a.jpg", "", " b.jpg ", ""], ["b.jpg, a.jpg", "c.jpg", "", ""]) == [
        ["a.jpg", "c.jpg", "b.jpg", ""],
        ['["b.jpg"]', "", "", ""],
        [False] * 4,
    ]


def test_a_malformed_list_has_no_images():
    assert read(["[a.jpg", "b.jpg"]) == [["", "b.jpg"], ["", ""], [True, False]]


def test_views_beyond_the_limit_are_counted():
    views = pa.chunked_array([['["1"]', str([f"{n}" for n in range(13)]).replace("'", '"'), ""]])
    limited, beyond = limit_views(views)
    assert beyond == 3
    assert limited.to_pylist()[0] == '["1"]'
    assert limited.to_pylist()[1].endswith('"9"]')
