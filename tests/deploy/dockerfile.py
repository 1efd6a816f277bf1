"""A Dockerfile as what it says, and the context that it builds from."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from docker.utils.build import exclude_paths

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """`name` in capitals, `text` the rest, lines joined; in stage `stage`, which is empty before the first."""

    stage: str
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words of its JSON form, flags left out; none where it is for a shell."""
        found = re.search(r"\[.*\]", self.text)
        return json.loads(found[0]) if found else []


def instructions(file: Path) -> list[Instruction]:
    """What the file tells the builder to do."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: list[Instruction] = []
    stage = ""
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, text = line.partition(" ")
            stage = text.split(" AS ")[1] if name == "FROM" else stage
            found.append(Instruction(stage, name, text))
    return found


def arguments(file: Path) -> dict[str, str]:
    """The defaults of its ARGs."""
    return dict(one.text.split("=", 1) for one in instructions(file) if one.name == "ARG")


def write_context(target: Path) -> None:
    """Copy what a builder is sent, by .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    for name in exclude_paths(str(ROOT), patterns):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
