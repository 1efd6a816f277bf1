"""The instructions of a Dockerfile, and its build context."""

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
    """An instruction: its `name` in capitals, its `text` in one line, and its stage, empty before the first one."""

    stage: str
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words of the JSON form, without flags; none in the shell form."""
        array = re.search(r"\[.*\]", self.text)
        return json.loads(array[0]) if array else []


def instructions(file: Path) -> list[Instruction]:
    """Read the instructions of a Dockerfile."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    read: list[Instruction] = []
    stage = ""
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, text = line.partition(" ")
            stage = text.split(" AS ")[1] if name == "FROM" else stage
            read.append(Instruction(stage, name, text))
    return read


def arguments(file: Path) -> dict[str, str]:
    """Return the defaults of the ARGs of a Dockerfile."""
    return dict(instruction.text.split("=", 1) for instruction in instructions(file) if instruction.name == "ARG")


def write_context(target: Path) -> None:
    """Copy the build context, without the files in .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    for name in exclude_paths(str(ROOT), patterns):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
