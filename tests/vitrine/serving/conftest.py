"""Servers over small SavedModels, in this process."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.in_thread import in_thread
from tests.vitrine.serving.models import write_contract_model, write_models
from tests.waiting import HANG_SECONDS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def contract_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving directory with the contract tests' models."""
    directory = tmp_path_factory.mktemp("serving")
    write_models(directory, str(directory))
    return directory


@pytest.fixture(scope="session")
def contract_servables(contract_models: Path) -> Iterator[Any]:
    """The contract tests' models, loaded by `models.config`, with labels for versions that do not serve yet."""
    from vitrine.serving.lifecycle.config_reload import ConfigFile
    from vitrine.serving.lifecycle.manager import ServableManager

    servables = ServableManager(label_unavailable=True)
    ConfigFile(contract_models / "models.config", servables).load()
    yield servables
    servables.close()


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SavedModels `2` and `3`: the contract model, multiplying by its name."""
    directory = tmp_path_factory.mktemp("saved")
    for weight in (2, 3):
        write_contract_model(directory / str(weight), float(weight))
    return directory


@pytest.fixture(scope="session")
def serve_rest() -> Iterator[Callable[..., str]]:
    """Serve loaded servables in this process on a free port: `serve_rest(servables, **limits)` returns the URL."""
    from vitrine.serving.api.rest import Limits, create_app

    with ExitStack() as running:

        def serve(servables: Any, **limits: int) -> str:
            port = running.enter_context(in_thread(create_app(servables, Limits(**limits))))
            return f"http://127.0.0.1:{port}"

        yield serve


@pytest.fixture(scope="session")
def start_server(serve_rest: Callable[..., str]) -> Iterator[Callable[..., str]]:
    """Serve a directory: `start_server(directory, **limits)` returns the server's URL."""
    from vitrine.serving.lifecycle.manager import ServableManager

    started: list[ServableManager] = []

    def start(directory: Path, poll_seconds: float = 0.05, timeout_seconds: float = 30.0, **limits: int) -> str:
        servables = ServableManager(directory, timeout_seconds)
        servables.refresh()
        servables.start(poll_seconds)
        started.append(servables)
        return serve_rest(servables, **limits)

    yield start
    for servables in started:
        servables.close()


@pytest.fixture(scope="session")
def contract_url(request: pytest.FixtureRequest) -> str:
    """The URL of the server under test: VITRINE_TFSERVING_URL, or our own server of `contract_servables`."""
    url = os.environ.get("VITRINE_TFSERVING_URL")
    return url or request.getfixturevalue("serve_rest")(request.getfixturevalue("contract_servables"))


@pytest.fixture(scope="session")
def api(contract_url: str) -> Iterator[httpx.Client]:
    """A client of the server under test."""
    with httpx.Client(base_url=contract_url, timeout=HANG_SECONDS) as client:
        yield client
