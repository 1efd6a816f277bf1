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
    (table,) = copies.copy_for([pa.table({"image": [*images, "", "shoes/p1.png"], "views": [""] * 9})])
    assert table.num_rows == 9
    assert copies.counts == {"copied": 1, "missing": 3, "unreadable": 1, "elsewhere": 2}
    copied = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert copied == {"shoes/p1.png", "p2.png"}
    assert (target / "shoes/p1.png").read_bytes() == (source / "shoes/p1.png").read_bytes()


def test_a_dataset_without_images_copies_none(tmp_path):
    copies = ImageCopies(None, tmp_path / "target")
    list(copies.copy_for([pa.table({"image": ["p1.png"], "views": [""]})]))
    assert copies.counts["elsewhere"] == 1
    assert not (tmp_path / "target").exists()


def test_additional_images_are_copied_too(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in ("front.png", "back.png"):
        Image.new("RGB", (4, 4), "red").save(source / name)
    copies = ImageCopies(source, target)
    list(copies.copy_for([pa.table({"image": ["front.png"], "views": ['["back.png", "side.png"]']})]))
    assert copies.counts == {"copied": 2, "missing": 1, "unreadable": 0, "elsewhere": 0}
    assert sorted(path.name for path in target.iterdir()) == ["back.png", "front.png"]
