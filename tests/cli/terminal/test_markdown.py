import pytest

from cli.terminal.markdown import show

TEXT = "# Run\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"


def test_into_a_pipe_it_goes_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show(TEXT)
    assert capsys.readouterr().out == TEXT


def test_on_a_terminal_it_is_drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as rich takes a terminal for granted
    show(TEXT)
    output = capsys.readouterr().out
    assert "Run" in output
    assert "| - |" not in output
