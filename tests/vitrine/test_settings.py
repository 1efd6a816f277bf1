from pathlib import Path

import pytest

from vitrine.errors import ConfigError
from vitrine.settings import read_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text("data:\n  dir: data/shop\ntrainer:\n  epochs: 3\nsearch:\n", encoding="utf-8")
    return path


def test_a_file_is_read_as_it_is(config: Path) -> None:
    assert read_settings(config, environment={}) == {
        "data": {"dir": "data/shop"},
        "trainer": {"epochs": 3},
        "search": None,
    }


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("trainer.epochs=5", {"trainer": {"epochs": 5}}),
        ("trainer.learning_rate=1.5e-3", {"trainer": {"epochs": 3, "learning_rate": 0.0015}}),
        ("trainer.calibrate=false", {"trainer": {"epochs": 3, "calibrate": False}}),
        ("embedding.text_fields=[title, brand]", {"embedding": {"text_fields": ["title", "brand"]}}),
        ("search.top_k=5", {"search": {"top_k": 5}}),  # a section that the file names and leaves empty
        ("encoder.training.epochs=1", {"encoder": {"training": {"epochs": 1}}}),
        ("name=a=b", {"name": "a=b"}),
        (" name =x", {"name": "x"}),
    ],
)
def test_an_assignment_sets_one_key_to_a_yaml_value(config: Path, assignment: str, expected: dict) -> None:
    settings = read_settings(config, [assignment], environment={})
    assert {key: settings[key] for key in expected} == expected


def test_the_last_of_file_environment_and_assignments_wins(config: Path) -> None:
    environment = {"VITRINE__TRAINER__EPOCHS": "4", "VITRINE__DATA__IMAGE_ROOT": "pictures", "VITRINE_REAL_DATA": "no"}
    settings = read_settings(config, ["trainer.epochs=5", "trainer.epochs=6"], environment)
    assert settings["trainer"] == {"epochs": 6}
    assert settings["data"] == {"dir": "data/shop", "image_root": "pictures"}
    assert read_settings(config, [], environment)["trainer"] == {"epochs": 4}


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("trainer.epochs", "--set trainer.epochs: expected key=value, such as trainer.epochs=5"),
        ("=5", "--set =5: expected key=value, such as trainer.epochs=5"),
        ("data.dir.sub=1", "--set data.dir.sub=1: dir is the value 'data/shop', not a section"),
    ],
)
def test_an_assignment_that_fits_nothing_is_one_line(config: Path, assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(config, [assignment], environment={})
    assert str(caught.value) == message


def test_a_value_that_is_no_yaml_names_its_source(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"^--set search\.index=\[exact: the value is not YAML: .*") as caught:
        read_settings(config, ["search.index=[exact"], environment={})
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"^VITRINE__SEARCH__INDEX: the value is not YAML"):
        read_settings(config, environment={"VITRINE__SEARCH__INDEX": "[exact"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: [", "not YAML"),
        ("- a\n- b\n", r"expected sections such as `data:` and `encoder:`, found \['a', 'b'\]"),
        ("", "expected sections such as `data:` and `encoder:`, found None"),
    ],
)
def test_a_file_of_no_sections_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"^{path}: {message}") as caught:
        read_settings(path, environment={})
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_where_others_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: No such file or directory; .* are in configs/$"):
        read_settings(tmp_path / "none.yaml", environment={})


def test_bytes_that_are_no_text_are_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not YAML"):
        read_settings(path, environment={})
