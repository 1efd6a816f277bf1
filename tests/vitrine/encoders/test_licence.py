import pytest

from vitrine.encoders.licence import DESCRIPTION, copy_description, read_licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n", "apache-2.0"),
        ("---\nlicense: other\nlicense_name: shop-licence\n---\n", "shop-licence"),
        ("---\nlanguage: en\n---\nlicense: mit\n", None),
        ("---\nlicense: [mit, apache-2.0]\n---\n", None),
        ("---\nlicense: 'mit\n---\n", None),
        ("---\nlicense: mit\n", None),
        ("# A model\n\nlicense: mit\n", None),
        ("", None),
    ],
)
def test_the_licence_is_that_of_the_metadata(tmp_path, text, licence):
    (tmp_path / DESCRIPTION).write_text(text)
    assert read_licence(tmp_path) == licence


def test_a_checkpoint_without_a_description_names_none(tmp_path):
    assert read_licence(tmp_path) is None


def test_a_description_is_kept_beside_what_was_saved(tmp_path):
    source, saved = tmp_path / "source", tmp_path / "saved"
    source.mkdir()
    saved.mkdir()
    copy_description(source, saved)
    assert not list(saved.iterdir())
    (source / DESCRIPTION).write_text("---\nlicense: mit\n---\n")
    copy_description(source, saved)
    assert read_licence(saved) == "mit"
