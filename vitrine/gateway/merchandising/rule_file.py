"""The file of rules while a gateway runs: its changes are followed, new versions are written, old ones are kept."""

import asyncio
import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import yaml

from vitrine.errors import ConfigError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import write_text
from vitrine.files.status import file_status
from vitrine.gateway.merchandising.rule_book import RuleBook
from vitrine.gateway.merchandising.rules import RuleSet, RuleVersion
from vitrine.saved_model.status import ApiError, invalid
from vitrine.settings import parse_settings, validate

KEPT: Final = 1000
"""Earlier versions that are kept."""
MAX_BYTES: Final = 8 * 2**20
"""The largest file that is read."""

_log = logging.getLogger(__name__)


class RuleFile:
    """The YAML file of the setting `merchandising.rules`, which gateways may share; a missing file has no rules.

    Each version that a gateway writes is kept in the folder `<file>.versions`, and so is the one that it replaced.
    """

    def __init__(self, path: Path | None) -> None:
        """Read the file.

        Raises:
            ConfigError: It has no valid rules.
        """
        self.path = path
        self._status = file_status(path) if path else None  # before the content, which may change meanwhile
        self.book = _book(path, _content(path))
        self._following = asyncio.Lock()

    def require(self) -> Path:
        """Return the path of the file.

        Raises:
            ApiError: NOT_FOUND if none is configured.
        """
        if self.path is None:
            raise ApiError("NOT_FOUND", "no file of rules is configured; set merchandising.rules")
        return self.path

    async def follow(self) -> None:
        """Take the rules of a changed file; with an invalid one, the rules stay as they are."""
        if self.path is None:
            return
        async with self._following:  # who comes second waits for the rules, not only for the news that they changed
            status = await asyncio.to_thread(file_status, self.path)
            if status == self._status:
                return
            self._status = status
            try:
                self.book = await asyncio.to_thread(lambda: _book(self.path, _content(self.path)))
                _log.info("rules: version %s with %d rules", self.book.version, len(self.book.rules))
            except ConfigError as error:
                _log.warning("rules stay as they are: %s", error)

    async def replace(self, rules: RuleSet, version: str) -> RuleBook:
        """Write new rules in place of those of `version`; they apply from now on.

        Raises:
            ApiError: NOT_FOUND without a file, ABORTED if the rules are of another version by now, UNAVAILABLE if the
                file cannot be written.
        """
        await asyncio.to_thread(_replace, self.require(), rules, version)
        await self.follow()
        return self.book

    async def versions(self) -> list[RuleVersion]:
        """Return the versions that are kept, the newest first.

        Raises:
            ApiError: NOT_FOUND without a file.
        """
        return await asyncio.to_thread(_versions, self.require())

    async def read_version(self, version: str) -> RuleSet:
        """Return the rules of a version that is kept.

        Raises:
            ApiError: NOT_FOUND without a file, or for another version.
        """
        kept = {each.version for each in await self.versions()}
        if version not in kept:
            raise ApiError("NOT_FOUND", f"no version {version!r} of the rules is kept; there are {len(kept)}")
        path = next(_kept(self.require()).glob(f"*-{version}.yaml"))
        return await asyncio.to_thread(read_rules, path)


def read_rules(path: Path) -> RuleSet:
    """Read and check a file of rules.

    Raises:
        ConfigError: It cannot be read, or has no valid rules.
    """
    content = _content(path)
    if content is None:
        raise ConfigError(f"{path}: no such file")
    return _parse(path, content)


def _parse(path: Path, content: bytes) -> RuleSet:
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES >> 20} MiB")
    return validate(RuleSet, parse_settings(content, path), path)


def _content(path: Path | None) -> bytes | None:
    try:
        if path is None:
            return None
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None


def _book(path: Path | None, content: bytes | None) -> RuleBook:
    if path is None or not content:
        return RuleBook((), _version(b""))
    return RuleBook(_parse(path, content).rules, _version(content))


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _replace(path: Path, rules: RuleSet, version: str) -> None:
    text = yaml.safe_dump(
        json.loads(rules.model_dump_json(exclude_defaults=True, include={"rules"})), sort_keys=False, allow_unicode=True
    )
    if len(text.encode()) > MAX_BYTES:
        raise invalid(f"the rules are larger than {MAX_BYTES >> 20} MiB")
    try:
        kept = _kept(path)
        kept.mkdir(parents=True, exist_ok=True)
        with exclusive(kept):
            present = _content(path) or b""
            if _version(present) != version:
                message = f"the rules are of version {_version(present)} by now, not {version}; read them again"
                raise ApiError("ABORTED", message)
            now = datetime.now(UTC)
            _keep(kept, present, datetime.fromtimestamp(path.stat().st_mtime, UTC) if present else now)
            _keep(kept, text.encode(), now)
            write_text(path, text)
            for old in sorted(kept.glob("*.yaml"))[:-KEPT]:
                old.unlink()
    except LockedError:
        raise ApiError("ABORTED", "another gateway is changing the rules; try again") from None
    except OSError as error:
        raise ApiError("UNAVAILABLE", f"the rules cannot be written: {error.strerror}") from None


def _kept(path: Path) -> Path:
    return path.with_name(f"{path.name}.versions")


def _keep(folder: Path, content: bytes, time: datetime) -> None:
    """Keep a version, if it is not kept yet."""
    if content and not any(folder.glob(f"*-{_version(content)}.yaml")):
        write_text(folder / f"{time:%Y%m%dT%H%M%S%fZ}-{_version(content)}.yaml", content.decode(errors="replace"))


def _versions(path: Path) -> list[RuleVersion]:
    present = _version(_content(path) or b"")
    found = []
    for kept in sorted(_kept(path).glob("*.yaml"), reverse=True):
        time, _, version = kept.stem.partition("-")
        saved = datetime.strptime(time, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
        found.append(RuleVersion(version=version, time=saved, is_present=version == present))
    return found
