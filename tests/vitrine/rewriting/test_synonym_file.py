from pathlib import Path

import pytest

from vitrine.errors import ConfigError
from vitrine.files.locking import exclusive
from vitrine.rewriting.synonym_file import add_rule
from vitrine.rewriting.synonyms import read_synonyms


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "synonyms.txt"
    file.write_text("# furniture\nsofa, couch", encoding="utf-8")
    return file


def test_a_rule_is_added_behind_the_others(path: Path) -> None:
    add_rule(path, " TV  set", "television")
    assert path.read_text(encoding="utf-8") == "# furniture\nsofa, couch\nTV set => television\n"
    assert read_synonyms(path, {}).replace("a tv set")[0] == "a television"


@pytest.mark.parametrize(
    ("words", "replacement", "message"),
    [
        ("sofa", "settee", "in line 2 already"),
        ("couch", "divan", "in line 2 already"),
        ("a b c d e f", "x", "one to 5 words"),
        ("...", "x", "one to 5 words"),
        ("x", "x", "same words"),
        ("X", "x", "same words"),
        ("x # y", "z", "words only"),
        ("x", "y => z", "words only"),
        ("x, y", "z", "words only"),
        ("x\ny", "z", "words only"),
    ],
)
def test_a_rule_that_the_file_cannot_have_changes_nothing(
    path: Path, words: str, replacement: str, message: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=message) as caught:
        add_rule(path, words, replacement)
    assert "partial" not in str(caught.value)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_rules_that_go_round_in_a_circle_are_refused(path: Path) -> None:
    add_rule(path, "telly", "tube")
    with pytest.raises(ConfigError, match="circle"):
        add_rule(path, "tube", "telly")


def test_a_missing_file_and_another_writer_are_errors(path: Path) -> None:
    with exclusive(path), pytest.raises(ConfigError, match="another process"):
        add_rule(path, "telly", "television")
    with pytest.raises(ConfigError, match=r"rewriting\.synonyms"):
        add_rule(path.with_name("none.txt"), "telly", "television")
