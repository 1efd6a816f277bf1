from pathlib import Path

import pytest

from tests.conftest import Vitrine


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --run DIR or --gateway URL"),
        (["--run", "a", "--gateway", "http://127.0.0.1:9"], "give either --run DIR or --gateway URL"),
        (["--run", "a", "--data", "b"], "--data and --key-env are for --gateway"),
        (["--run", "a", "--gate"], "--gate has no threshold to check; set audit.gate"),
        (["--run", "a", "--set", "trainer.epochs=2"], "without --config, only keys of audit can be set"),
        (["--run", "a", "--set", "audit.gate={typo: 1}"], "'typo' starts with no suite; expected one of"),
        (["--run", "none-there"], "none-there: no run there; `vitrine run` makes one"),
        (["--gateway", "http://127.0.0.1:9"], "http://127.0.0.1:9 is no gateway that can be audited"),
        (["--gateway", "http://127.0.0.1:9", "--key-env", "VITRINE_NO_KEY"], "this environment variable is not set"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(vitrine_here: Vitrine, arguments: list[str], message: str) -> None:
    done = vitrine_here("audit", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_a_folder_without_a_push_is_named(vitrine_here: Vitrine, tmp_path: Path) -> None:
    (tmp_path / "metadata.db").touch()
    done = vitrine_here("audit", "--run", tmp_path)
    assert done.returncode == 2
    assert "serving: no such directory" in done.stderr
