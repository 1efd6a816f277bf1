"""Files of images by the names that shops' systems write, which are often not quite those of the files."""

import os
import posixpath
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NO_FILE = "no such file"
NO_FOLDER = "there is no folder of images"
AMBIGUOUS = "several files have this name in other case"
OTHER_MACHINE = "a path on another machine"
NOT_A_PATH = "not a path below the folder of images"


class MissingImage(LookupError):  # noqa: N818 - a missing image is ordinary
    """An image that has no file; the message says why."""


@dataclass
class ImageFinder:
    """A search for files below `root`, with a list of each folder in which a name was not found."""

    root: Path
    _folders: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._place = str(self.root)
        self._exists = self.root.is_dir()

    def find(self, image: str) -> str:
        """Return the path below the root of the file that `image` names.

        The name itself comes first, then `/` for a backslash, without a query string, without percent encoding and
        without the root's name; last, another case and another composition of accents, if one file has it.

        Raises:
            MissingImage: there is no such file, or several.
        """
        if not self._exists:
            raise MissingImage(NO_FOLDER)
        names = list(_names(image, self.root.name))
        for name in names:
            if os.path.isfile(f"{self._place}/{name}"):  # noqa: PTH113 - pathlib takes ten times as long
                return name
        for name in names:
            if found := self._in_other_case(name):
                return found
        if image[1:3] == ":\\":
            raise MissingImage(OTHER_MACHINE)
        if not names:
            raise MissingImage(NOT_A_PATH)
        raise MissingImage(NO_FILE)

    def _in_other_case(self, name: str) -> str:
        path = ""
        for part in name.split("/"):
            found = self._list(path).get(_folded(part), [])
            if part in found:
                found = [part]
            if len(found) > 1:
                raise MissingImage(AMBIGUOUS)
            if not found:
                return ""
            path = posixpath.join(path, found[0])
        return path if (self.root / path).is_file() else ""

    def _list(self, folder: str) -> dict[str, list[str]]:
        if folder not in self._folders:
            names: dict[str, list[str]] = {}
            try:
                for entry in os.scandir(self.root / folder):
                    names.setdefault(_folded(entry.name), []).append(entry.name)
            except OSError:  # no such folder, or a file
                pass
            self._folders[folder] = names
        return self._folders[folder]


def _names(image: str, root: str) -> Iterator[str]:
    """Yield the paths that `image` may mean, each once, without those that leave the root."""
    names = {image: None}
    if re.search(r"[\\?%/]", image):
        for change in (
            lambda name: name.replace("\\", "/"),
            lambda name: name.partition("?")[0],
            urllib.parse.unquote,
            lambda name: name.lstrip("/"),
            lambda name: name.removeprefix("./").removeprefix(f"{root}/"),
        ):
            names |= {change(name): None for name in names}
    for name in names:
        path = posixpath.normpath(name)
        if name and "\0" not in name and not path.startswith(("/", "../")) and path not in (".", ".."):
            yield name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
