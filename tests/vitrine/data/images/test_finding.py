import pytest

from vitrine.data.images.finding import (
    AMBIGUOUS,
    NO_FILE,
    NO_FOLDER,
    NOT_A_PATH,
    OTHER_MACHINE,
    ImageFinder,
    MissingImage,
)


@pytest.fixture
def finder(tmp_path):
    root = tmp_path / "images"
    (root / "sub").mkdir(parents=True)
    for name in (
        "a.jpg",
        "my lamp.jpg",
        "100%25.jpg",
        "sub/win.jpg",
        "cafe\u0301.jpg",
        "Shoe.JPG",
        "x.jpg",
        "X.jpg",
        "q.jpg",
    ):
        (root / name).touch()
    return ImageFinder(root)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a.jpg", "a.jpg"),
        ("./a.jpg", "./a.jpg"),
        ("images/a.jpg", "a.jpg"),
        ("./images/a.jpg", "a.jpg"),
        ("/a.jpg", "a.jpg"),
        ("my%20lamp.jpg", "my lamp.jpg"),
        ("100%25.jpg", "100%25.jpg"),
        ("sub\\win.jpg", "sub/win.jpg"),
        ("SUB/WIN.jpg", "sub/win.jpg"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg"),
        ("shoe.jpg", "Shoe.JPG"),
        ("X.jpg", "X.jpg"),
        ("q.jpg?v=3", "q.jpg"),
        ("images\\my%20lamp.jpg?v=3", "my lamp.jpg"),
    ],
)
def test_files_are_found_by_what_systems_write(finder, name, file):
    assert finder.find(name) == file


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("b.jpg", NO_FILE),
        ("x.JPG", AMBIGUOUS),
        ("C:\\pictures\\a.jpg", OTHER_MACHINE),
        ("../images/a.jpg", NOT_A_PATH),
        ("..%2fimages%2fa.jpg", NO_FILE),
        ("sub", NO_FILE),
        ("sub/..", NOT_A_PATH),
        ("a\0.jpg", NOT_A_PATH),
    ],
)
def test_other_names_have_no_file(finder, name, reason):
    with pytest.raises(MissingImage, match=f"^{reason}$"):
        finder.find(name)


def test_without_a_folder_there_are_no_images(tmp_path):
    with pytest.raises(MissingImage, match=NO_FOLDER):
        ImageFinder(tmp_path / "absent").find("a.jpg")
