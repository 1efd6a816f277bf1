"""What a release would do to a file, as it and the servers are now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.errors import ConfigError, DataError
from vitrine.saved_model.versions import find_versions
from vitrine.serving.release.label_moves import PREVIOUS, STABLE, Labels, State, states
from vitrine.serving.release.model_entry import Entry, read_entry
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving.release.waiting import first_look
from vitrine.serving_client.rest import Status


@dataclass(frozen=True)
class Release:
    """What is to be done: the labels of a model as they are and as they shall be.

    Attributes:
        model: Its name.
        entry: What the file says of it.
        after: Its labels at the end.
        steps: What to write, one after the other; some may be written already.
    """

    model: str
    entry: Entry
    after: Labels
    steps: tuple[State, State, State]

    @property
    def moved(self) -> Labels:
        """The labels that are new or stand for another version at the end."""
        before = self.entry.labels
        return {label: version for label, version in self.after.items() if before.get(label) != version}


def plan(
    text: str, file: Path, model: str, move: Callable[[Labels], Labels], servers: Sequence[ModelServer]
) -> tuple[Release, dict[str, dict[int, Status]]]:
    """What `move` makes of the labels of `model`, and what each server says of its versions now. Writes nothing.

    Raises:
        ServeError, ConfigError: The file is malformed, has no such model, or `move` makes no sense there.
        DataError: A version is not there; names those that are.
        NetworkError: A server does not answer.
    """
    entry = read_entry(text, file, model)
    try:
        after = move(entry.labels)
    except ConfigError as error:
        raise ConfigError(f"{file}: {model}: {error}") from None
    seen = first_look(servers, model)
    serving = {
        version for statuses in seen.values() for version, status in statuses.items() if status.state == "AVAILABLE"
    }
    # To a version that does not serve, nobody can go back.
    after = {label: version for label, version in after.items() if label != PREVIOUS or version in serving}
    loaded = serving if entry.versions is None else entry.versions
    release = Release(model, entry, after, states(loaded, entry.labels, after))
    stable = after.get(STABLE)
    if stable not in {None, *serving, *release.moved.values()}:
        raise ConfigError(
            f"{file}: {model}: label stable is configured for version {stable}, which is not loaded; "
            "`vitrine release promote --version N` gives it to one that is there"
        )
    for version in release.moved.values():
        if version not in serving:
            _check_there(entry.base_path, version)
    return release, seen


def _check_there(base_path: Path, version: int) -> None:
    """Raise DataError where the versions can be seen from here and `version` is none of them."""
    if base_path.is_dir() and version not in (found := find_versions(base_path)):
        listed = ", ".join(map(str, sorted(found))) or "none"
        raise DataError(f"{base_path} has no version {version}; it has {listed}")
