"""The licence of a checkpoint, as its own description says it."""

import shutil
from pathlib import Path
from typing import Final

import yaml

DESCRIPTION: Final = "README.md"
"""The description of a model on the Hugging Face Hub; its YAML metadata has the licence."""
_LARGEST: Final = 1_000_000
_FENCE: Final = "---"


def copy_description(source: Path, directory: Path) -> None:
    """Copy the description of a checkpoint beside the files that were saved from it, if it has one."""
    path = source / DESCRIPTION
    if path.is_file() and path.stat().st_size <= _LARGEST:
        shutil.copyfile(path, directory / DESCRIPTION)


def read_licence(directory: Path) -> str | None:
    """Return the licence that a checkpoint's description names, such as `apache-2.0`; None if it names none."""
    path = directory / DESCRIPTION
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines or lines[0].strip() != _FENCE or _FENCE not in lines[1:]:
        return None
    try:
        metadata = yaml.safe_load("\n".join(lines[1 : lines.index(_FENCE, 1)]))
    except yaml.YAMLError:
        return None
    if not isinstance(metadata, dict):
        return None
    named = metadata.get("license_name") if metadata.get("license") == "other" else metadata.get("license")
    return named.strip() if isinstance(named, str) and named.strip() else None
