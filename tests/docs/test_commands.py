"""The `vitrine` lines of the pages: every one must be a command with options that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cli.main import cli
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def vitrine_lines(page: Path) -> list[list[str]]:
    """Return the words of each `vitrine …` in a page's shell blocks, up to a pipe."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    text = "\n".join(blocks).replace("\\\n", " ")
    text = re.sub(r"<[^>\n]+>", "WORD", text)  # placeholders for the reader
    text = re.sub(r"\s#.*", "", text)
    parts = [part for line in text.splitlines() for part in re.split(r"(?:^|[|&;] |do )vitrine ", line)[1:]]
    return [shlex.split(re.split(r" [|&;]|;", part)[0]) for part in parts]


LINES = [(page.name, words) for page in PAGES for words in vitrine_lines(page)]


@pytest.mark.parametrize(("page", "words"), LINES, ids=[f"{page}: {' '.join(words)}" for page, words in LINES])
def test_a_line_is_a_valid_command(page: str, words: list[str]) -> None:
    command: click.Command = cli
    context = click.Context(cli, **cli.context_settings)  # click keeps the help option that it makes first
    while isinstance(command, click.Group):
        name, *words = words
        subcommand = command.get_command(context, name)
        assert subcommand is not None, f"{page}: no command {name}"
        command = subcommand
        context = click.Context(command, parent=context)
    command.make_context(command.name, words, parent=context.parent)


def test_each_command_is_documented() -> None:
    named = {words[0] for _, words in LINES}
    assert named >= set(cli.list_commands(click.Context(cli))) - {"ab"}
