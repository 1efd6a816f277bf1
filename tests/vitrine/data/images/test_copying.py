import pyarrow as pa
from PIL import Image

from vitrine.data.images.copying import ImageCopies


def test_images_are_copied_and_counted_by_what_became_of_them(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "shoes").mkdir(parents=True)
    Image.new("RGB", (4, 4), "red").save(source / "shoes" / "p1.png")
    (source / "p2.png").write_text("not an image")
    images = [
        "shoes/p1.png",
        "p2.png",
        "absent/p3.png",
        "shoes",
        "x" * 5000,
        "/elsewhere.png",
        "https://a.example/b.png",
    ]
    copies = ImageCopies(source, target)
    ids = [f"p{number}" for number in range(9)]
    columns = {"product_id": ids, "image": [*images, "", "shoes/p1.png"], "views": [""] * 9}
    (table,) = copies.copy_for([pa.table(columns)])
    assert table.num_rows == 9
    assert copies.counts == {"copied": 1, "missing": 3, "unreadable": 1, "elsewhere": 2}
    copied = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert copied == {"shoes/p1.png", "p2.png"}
    assert (target / "shoes/p1.png").read_bytes() == (source / "shoes/p1.png").read_bytes()


def test_a_dataset_without_images_copies_none(tmp_path):
    copies = ImageCopies(None, tmp_path / "target")
    list(copies.copy_for([pa.table({"product_id": ["p1"], "image": ["p1.png"], "views": [""]})]))
    assert copies.counts["elsewhere"] == 1
    assert not (tmp_path / "target").exists()


def test_additional_images_are_copied_too(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in ("front.png", "back.png"):
        Image.new("RGB", (4, 4), "red").save(source / name)
    copies = ImageCopies(source, target)
    list(
        copies.copy_for(
            [pa.table({"product_id": ["1"], "image": ["front.png"], "views": ['["back.png", "side.png"]']})]
        )
    )
    assert copies.counts == {"copied": 2, "missing": 1, "unreadable": 0, "elsewhere": 0}
    assert sorted(path.name for path in target.iterdir()) == ["back.png", "front.png"]


def test_images_that_nobody_can_see_are_reported_with_product_and_reason(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    image = Image.effect_noise((40, 40), 50)
    image.save(source / "cut.jpg")
    (source / "cut.jpg").write_bytes((source / "cut.jpg").read_bytes()[:-200])
    image.save(source / "tif.jpg", "TIFF")
    (source / "draw.svg").write_text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>')
    (source / "heic.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (source / "page.jpg").write_text("<!DOCTYPE html><html></html>")
    (source / "empty.jpg").touch()
    names = ["cut.jpg", "tif.jpg", "draw.svg", "heic.heic", "page.jpg", "empty.jpg", "absent.jpg"]
    reported: list[pa.Table] = []
    copies = ImageCopies(source, target, reported.append)
    ids = [str(number) for number in range(len(names))]
    list(copies.copy_for([pa.table({"product_id": ids, "image": names, "views": [""] * len(names)})]))
    reasons = {row["image"]: row["reason"] for row in reported[0].to_pylist()}
    assert reasons == {
        "cut.jpg": "damaged or cut off",
        "tif.jpg": "a TIFF image, which is not read",
        "draw.svg": "an SVG drawing, which is not read",
        "heic.heic": "an HEIC image, which is not read",
        "page.jpg": "an HTML page, which is not read",
        "empty.jpg": "an empty file",
        "absent.jpg": "no such file",
    }
    assert reported[0]["product_id"].to_pylist() == ids
    assert copies.counts == {"copied": 0, "missing": 1, "unreadable": 6, "elsewhere": 0}


def test_a_product_has_the_path_of_the_file_that_was_found(tmp_path):
    source, target = tmp_path / "images", tmp_path / "target"
    source.mkdir()
    for name in ("my lamp.png", "b.PNG"):
        Image.new("RGB", (4, 4)).save(source / name)
    copies = ImageCopies(source, target)
    columns = {"product_id": ["1", "2"], "image": ["my%20lamp.png", ""], "views": ['["b.png"]', ""]}
    (table,) = copies.copy_for([pa.table(columns)])
    assert table.to_pylist() == [
        {"product_id": "1", "image": "my lamp.png", "views": '["b.PNG"]'},
        {"product_id": "2", "image": "", "views": ""},
    ]
    assert sorted(path.name for path in target.iterdir()) == ["b.PNG", "my lamp.png"]
