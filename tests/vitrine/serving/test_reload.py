"""Reloading of the configuration, from a file or a call, without a failed request."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

from tests.vitrine.serving.models import model_entry, models_config
from tests.vitrine.serving.steps import push
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.errors import ServeError
from vitrine.saved_model.status import ApiError
from vitrine.serving.api.grpc import start_grpc
from vitrine.serving.api.rest import Limits
from vitrine.serving.batching.parameters import BatchingParameters
from vitrine.serving.config.model_config import model_configs, parse_config
from vitrine.serving.lifecycle.config_reload import ConfigFile
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.lifecycle.servable import using

FILE = Path("models.config")


@pytest.fixture
def base(saved: Path, tmp_path: Path) -> Path:
    """The base path of the model `scale`: version 1 multiplies by 2, version 2 by 3."""
    push(saved, tmp_path, 2, 1)
    push(saved, tmp_path, 3, 2)
    return tmp_path / "scale"


def reload(servables: ServableManager, *entries: str) -> None:
    servables.reload(model_configs(parse_config(models_config(*entries), FILE)))


def specific(*versions: int) -> str:
    return f"specific {{ {' '.join(f'versions: {version}' for version in versions)} }}"


def value(
    servables: ServableManager, version: int | None = None, label: str | None = None, name: str = "scale"
) -> float:
    with using(servables.acquire(name, version, label)) as servable:
        return servable.signature("serving_default").run({"x": np.ones(1, np.float32)})["y"].item()


def serving(servables: ServableManager) -> list[tuple[str, int]]:
    return [(servable.name, servable.version) for servable in servables.loaded()]


@contextmanager
def continuous_requests(ask: Callable[[], Any], threads: int = 4) -> Iterator[list[Any]]:
    """Call `ask` from several threads while the block runs; yield the list of its results and errors."""
    answers: list[Any] = []
    done = threading.Event()

    def call_repeatedly() -> None:
        while not done.is_set():
            try:
                answers.append(ask())
            except Exception as error:
                answers.append(repr(error))

    callers = [threading.Thread(target=call_repeatedly) for _ in range(threads)]
    for caller in callers:
        caller.start()
    yield answers
    done.set()
    for caller in callers:
        caller.join()


class TestPolicies:
    def test_the_latest_is_what_is_asked_for_without_a_version(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, "all {}"))
        assert serving(servables) == [("scale", 1), ("scale", 2)]
        assert (value(servables), value(servables, 1), value(servables, 2)) == (3.0, 2.0, 3.0)
        servables.close()

    def test_as_many_of_the_latest_serve_as_are_asked_for(self, base: Path, saved: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, "latest { num_versions: 2 }"))
        push(saved, base.parent, 2, 3)
        servables.refresh()
        assert serving(servables) == [("scale", 2), ("scale", 3)]
        assert servables.statuses("scale")[1].state == "END"
        servables.close()

    def test_what_the_policy_no_longer_wants_is_unloaded(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, specific(1, 2)))
        reload(servables, model_entry("scale", base, specific(1)))
        assert serving(servables) == [("scale", 1)]
        reload(servables, model_entry("scale", base))
        assert serving(servables) == [("scale", 2)]
        servables.close()

    def test_a_version_whose_directory_goes_is_unloaded_where_others_are_left(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, "all {}"))
        shutil.rmtree(base / "2")
        servables.refresh()
        assert serving(servables) == [("scale", 1)]
        servables.close()

    def test_a_version_that_does_not_load_takes_nothing_away(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, specific(2)))
        shutil.rmtree(base / "1" / "variables")
        reload(servables, model_entry("scale", base, specific(1)))
        assert serving(servables) == [("scale", 2)]
        assert servables.statuses("scale")[1].state == "END"
        servables.close()

    def test_where_none_of_the_versions_is_there_the_old_ones_stay(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base, specific(2)))
        reload(servables, model_entry("scale", base, specific(9)))
        assert serving(servables) == [("scale", 2)]
        shutil.rmtree(base)
        servables.refresh()
        assert serving(servables) == [("scale", 2)]
        servables.close()


class TestModels:
    def test_come_and_go(self, base: Path) -> None:
        servables = ServableManager()
        reload(servables, model_entry("scale", base))
        reload(servables, model_entry("scale", base), model_entry("other", base, specific(1)))
        assert (value(servables), value(servables, name="other")) == (3.0, 2.0)
        reload(servables, model_entry("other", base, specific(1)))
        with pytest.raises(ApiError, match=r"Servable not found for request: Latest\(scale\)"):
            value(servables)
        assert servables.statuses("scale")[2].state == "END"
        assert serving(servables) == [("other", 1)]
        reload(servables)
        assert serving(servables) == []
        servables.close()

    def test_a_new_one_that_does_not_load_is_told_and_followed(self, base: Path, saved: Path) -> None:
        servables = ServableManager()
        with pytest.raises(ApiError) as raised:
            reload(servables, model_entry("scale", base), model_entry("late", base.parent / "late"))
        assert raised.value.code == "UNKNOWN"
        assert raised.value.message == (
            f"1 model(s) did not become available: {{{{{{name: late}} due to error: NOT_FOUND: there is no version in "
            f"{base.parent / 'late'}}}, }}"
        )
        shutil.copytree(saved / "2", base.parent / "late" / "1")
        servables.refresh()
        assert serving(servables) == [("late", 1), ("scale", 2)]
        servables.close()

    def test_one_whose_versions_are_broken_says_why(self, base: Path) -> None:
        shutil.rmtree(base / "2" / "variables")
        servables = ServableManager()
        with pytest.raises(ApiError, match=r"\{name: scale version: 2\} due to error: UNKNOWN: "):
            reload(servables, model_entry("scale", base, specific(2)))
        servables.close()

    def test_a_config_takes_the_place_of_the_directory(self, base: Path, saved: Path) -> None:
        servables = ServableManager(base.parent)
        servables.refresh()
        reload(servables, model_entry("other", base))
        shutil.copytree(saved / "2", base.parent / "third" / "1")
        servables.refresh()
        assert serving(servables) == [("other", 2)]
        servables.close()


class TestLabels:
    def test_need_a_version_that_serves(self, base: Path) -> None:
        servables = ServableManager()
        with pytest.raises(
            ApiError, match="Request to assign label to version 1 of model scale, which is not"
        ) as raised:
            reload(servables, model_entry("scale", base, "all {}", stable=1))
        assert (raised.value.code, serving(servables)) == ("FAILED_PRECONDITION", [])
        reload(servables, model_entry("scale", base, "all {}"))
        reload(servables, model_entry("scale", base, "all {}", stable=1))
        assert value(servables, label="stable") == 2.0
        servables.close()

    def test_where_it_is_allowed_new_ones_may_wait_for_their_version_but_none_may_move_to_it(self, base: Path) -> None:
        servables = ServableManager(label_unavailable=True)
        reload(servables, model_entry("scale", base, specific(1), stable=1, canary=2))
        assert value(servables, label="stable") == 2.0
        with pytest.raises(ApiError, match=r"Servable not found for request: Specific\(scale, 2\)"):
            value(servables, label="canary")
        with pytest.raises(ApiError, match="assign label to version 2 of model scale"):
            reload(servables, model_entry("scale", base, "all {}", stable=2))
        assert serving(servables) == [("scale", 1)]
        reload(servables, model_entry("scale", base, "all {}", stable=1, canary=2))
        assert value(servables, label="canary") == 3.0
        servables.close()

    def test_go_with_their_model(self, base: Path) -> None:
        servables = ServableManager(label_unavailable=True)
        reload(servables, model_entry("scale", base, stable=2))
        reload(servables)
        reload(servables, model_entry("scale", base))
        for name in ("scale", "nope"):
            with pytest.raises(ApiError, match="Unrecognized servable version label: stable"):
                value(servables, label="stable", name=name)
        servables.close()

    def test_outlive_their_version_and_the_directory(self, base: Path) -> None:
        servables = ServableManager(label_unavailable=True)
        reload(servables, model_entry("scale", base, specific(2), stable=2))
        base.rename(base.with_name("gone"))
        servables.refresh()
        assert value(servables, label="stable") == 3.0
        base.with_name("gone").rename(base)
        reload(servables, model_entry("scale", base, specific(1), stable=2))
        with pytest.raises(ApiError, match=r"Servable not found for request: Specific\(scale, 2\)"):
            value(servables, label="stable")
        servables.close()

    @pytest.mark.parametrize("batching", [None, BatchingParameters(batch_timeout_micros=1000)])
    def test_a_canary_is_promoted_with_no_failed_request(
        self, base: Path, serve_rest: Callable[..., str], batching: BatchingParameters | None
    ) -> None:
        servables = ServableManager(label_unavailable=True, batching=batching)
        reload(servables, model_entry("scale", base, specific(1), stable=1))
        url = serve_rest(servables)

        client = httpx.Client(base_url=url, timeout=HANG_SECONDS)

        def ask() -> tuple[int, str]:
            response = client.post("/v1/models/scale/labels/stable:predict", content=b'{"instances": [1.0]}')
            return response.status_code, response.text

        with client, continuous_requests(ask) as answers:
            wait_until(lambda: len(answers) > 20)
            reload(servables, model_entry("scale", base, specific(1, 2), stable=1, canary=2))
            assert value(servables, label="canary") == 3.0
            reload(servables, model_entry("scale", base, specific(1, 2), stable=2))
            assert ask() == (200, '{"predictions":[3.0]}')
            reload(servables, model_entry("scale", base, specific(2), stable=2))
            assert serving(servables) == [("scale", 2)]
            count = len(answers)
            wait_until(lambda: len(answers) > count + 20)
        assert set(answers) == {(200, '{"predictions":[2.0]}'), (200, '{"predictions":[3.0]}')}
        servables.close()


class TestFile:
    def test_is_followed(self, base: Path, tmp_path: Path) -> None:
        file = tmp_path / "models.config"
        file.write_text(models_config(model_entry("scale", base, specific(1))))
        servables = ServableManager()
        config_file = ConfigFile(file, servables)
        config_file.load()
        config_file.start(0.02)
        assert serving(servables) == [("scale", 1)]
        file.write_text(models_config(model_entry("scale", base, specific(2))))
        wait_until(lambda: serving(servables) == [("scale", 2)])
        config_file.close()
        servables.close()

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("model_config_list {\n  config {\n", ':2: Expected "}".'),
            ("", ": Cannot transition to requested config. "),
            (models_config(model_entry("scale", "here")), ": Expected model scale to have an absolute path or URI;"),
            (models_config(model_entry("scale", "/nowhere", stable=7)), ": Request to assign label to version 7 of"),
        ],
    )
    def test_a_bad_one_is_told_once_and_changes_nothing(
        self, base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, fault: str
    ) -> None:
        file = tmp_path / "models.config"
        file.write_text(models_config(model_entry("scale", base)))
        servables = ServableManager()
        config_file = ConfigFile(file, servables)
        config_file.load()
        caplog.clear()  # of what was logged while it was loaded, which depends on who set which level before
        with caplog.at_level(logging.ERROR, "vitrine.serving"):
            config_file.start(0.01)
            file.write_text(text)
            wait_until(lambda: bool(caplog.messages))
            time.sleep(0.1)
        config_file.close()
        (message,) = caplog.messages
        assert message.startswith(f"{file}{fault}")
        assert message.endswith("; what was served before still is")
        assert serving(servables) == [("scale", 2)]
        servables.close()

    def test_one_that_goes_away_is_told_and_changes_nothing(self, base: Path, tmp_path: Path) -> None:
        file = tmp_path / "models.config"
        file.write_text(models_config(model_entry("scale", base)))
        servables = ServableManager()
        config_file = ConfigFile(file, servables)
        config_file.load()
        file.unlink()
        with pytest.raises(ServeError, match=f"cannot read {file}: No such file or directory"):
            config_file.load()
        assert serving(servables) == [("scale", 2)]
        servables.close()

    def test_a_refused_label_is_tried_again_until_its_version_serves(self, base: Path, saved: Path) -> None:
        file = base.parent / "models.config"
        file.write_text(models_config(model_entry("scale", base, "all {}")))
        servables = ServableManager()
        config_file = ConfigFile(file, servables)
        config_file.load()
        file.write_text(models_config(model_entry("scale", base, "all {}", canary=3)))
        with pytest.raises(ServeError, match="assign label to version 3"):
            config_file.load()
        push(saved, base.parent, 2, 3)
        servables.refresh()
        config_file.load()
        assert value(servables, label="canary") == 2.0
        servables.close()

    def test_at_the_start_a_label_says_what_it_needs(self, base: Path, tmp_path: Path) -> None:
        file = tmp_path / "models.config"
        file.write_text(models_config(model_entry("scale", base, stable=2)))
        with pytest.raises(ServeError, match="at the start none is, unless --allow-version-labels-for-unavailable-mod"):
            ConfigFile(file, ServableManager()).load()


class TestCall:
    def test_a_call_serves_other_models_until_the_file_changes(self, base: Path, tmp_path: Path) -> None:
        file = tmp_path / "models.config"
        file.write_text(models_config(model_entry("scale", base, specific(1))))
        servables = ServableManager()
        config_file = ConfigFile(file, servables)
        config_file.load()
        server, port = start_grpc(servables, "127.0.0.1", 0, Limits())
        request = model_management_pb2.ReloadConfigRequest()
        text_format.Parse(models_config(model_entry("other", base, specific(2))), request.config)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            response = model_service_pb2_grpc.ModelServiceStub(channel).HandleReloadConfigRequest(request)
        assert (response.status.error_code, response.status.error_message) == (0, "")
        config_file.load()
        assert serving(servables) == [("other", 2)]
        file.write_text(models_config(model_entry("scale", base, specific(2))))
        config_file.load()
        assert serving(servables) == [("scale", 2)]
        server.stop(None).wait()
        servables.close()
