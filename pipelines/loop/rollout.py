"""The label moves of a cycle. Each may be repeated: a label that is where it should be stays."""

from collections.abc import Callable

from pipelines.loop.settings import ReleaseSettings
from pipelines.loop.worker import in_worker
from vitrine import progress
from vitrine.errors import ConfigError
from vitrine.serving.release.label_moves import CANARY, STABLE, Labels, canary, promote, rollback
from vitrine.serving.release.model_entry import read_entry
from vitrine.serving.release.plan import Release
from vitrine.serving.release.releasing import Servers, SmokeRequests, release
from vitrine.serving.release.smoke_test import recorded_requests, warmup_file


def labels(settings: ReleaseSettings) -> Labels:
    """Return the present labels, with `stable`.

    Raises:
        ServeError, ConfigError: The configuration file cannot be used, or no version is stable.
    """
    file = settings.model_config_file
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"release.model_config_file {file}: {error.strerror}") from None
    present = read_entry(text, file, settings.model).labels
    if STABLE not in present:
        raise ConfigError(
            f"{file}: no version of {settings.model} is labelled stable; "
            "`vitrine release promote --version N` labels the first one"
        )
    return present


def start_trial(settings: ReleaseSettings, version: int) -> None:
    """Give the label canary to a version, after its smoke test.

    Raises:
        RefusedError: The version does not load, or fails its smoke test.
        VitrineError: A server does not respond, or the file cannot be written.
    """
    if labels(settings).get(CANARY) != version:
        _move(settings, lambda before: canary(before, version), CANARY)


def make_stable(settings: ReleaseSettings, version: int) -> None:
    """Give the label stable to a version. Raises as `start_trial`."""
    if labels(settings).get(STABLE) != version:
        _move(settings, lambda before: promote(before, version), STABLE)


def end_trial(settings: ReleaseSettings, version: int) -> None:
    """Take the label canary from a version that is not stable. Raises as `start_trial`."""
    present = labels(settings)
    if present.get(CANARY) == version != present.get(STABLE):
        _move(settings, rollback, None)


def _move(settings: ReleaseSettings, move: Callable[[Labels], Labels], label: str | None) -> None:
    servers = Servers(settings.model_config_file, settings.model, settings.servers, settings.timeout)
    release(servers, move, lambda planned: _smoke_requests(planned, label), progress.note)


def _smoke_requests(planned: Release, label: str | None) -> SmokeRequests:
    if label is None or label not in planned.moved:
        return {}
    version = planned.moved[label]
    return {version: in_worker(None, recorded_requests, warmup_file(planned.entry.base_path / str(version)))}
