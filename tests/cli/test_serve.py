import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest
from click.testing import CliRunner, Result
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from cli.main import cli
from tests.waiting import HANG_SECONDS, wait_until

PROGRAM = [sys.executable, "-c", "from cli.main import main; main()", "serve"]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving directory with a model that counts the letters of strings."""
    import tensorflow as tf

    directory = tmp_path_factory.mktemp("serving")
    module = tf.Module()
    module.letters = tf.function(
        lambda query: {"letters": tf.strings.length(query)}, input_signature=[tf.TensorSpec([None], tf.string, "query")]
    )
    tf.saved_model.save(module, str(directory / "letters" / "1"), signatures=module.letters)
    return directory


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["serve", *arguments])


def test_it_prints_addresses_models_and_an_example_and_serves_until_it_is_stopped(serving: Path) -> None:
    with started("--serving", str(serving), "--port", "0", "--grpc-port", "0") as process:
        lines = [process.stdout.readline().rstrip() for _ in range(5)]
        url = re.fullmatch(r"Serving on (http://127\.0\.0\.1:\d+) \(Ctrl\+C to stop\)", lines[0])[1]
        grpc_address = re.fullmatch(r"  gRPC on (127\.0\.0\.1:\d+)", lines[1])[1]
        assert lines[2] == "  letters version 1: serving_default"
        assert lines[3] == "Try"
        # The server answers the printed example.
        curl, option, body, target = shlex.split(lines[4])
        assert (curl, option) == ("curl", "-d")
        assert target.startswith(url)
        assert httpx.post(target, content=body, timeout=HANG_SECONDS).json() == {
            "predictions": [len("red striped mug")]
        }
        with grpc.insecure_channel(grpc_address) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "letters"
            status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request)
            assert [version.version for version in status.model_version_status] == [1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG_SECONDS) == 0
        # The output of TensorFlow is hidden.
        assert re.fullmatch(r"\d\d:\d\d:\d\d letters version 1 is serving\n", process.stderr.read())
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, timeout=HANG_SECONDS)


def test_a_file_says_which_models_versions_and_labels_are_served(serving: Path, tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    entry = """config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" {more} }}"""
    stable = 'version_labels { key: "stable" value: 1 }'
    path = serving / "letters"
    file.write_text(f"model_config_list {{ {entry.format(name='words', path=path, more=stable)} }}")
    options = ("--model-config-file", str(file), "--allow-version-labels-for-unavailable-models", "--enable-batching")
    polling = ("--model-config-file-poll-wait-seconds", "0.05", "--port", "0", "--grpc-port", "-1")
    with started(*options, *polling) as process:
        lines = [process.stdout.readline().rstrip() for _ in range(4)]
        url = re.fullmatch(r"Serving on (http://127\.0\.0\.1:\d+) \(Ctrl\+C to stop\)", lines[0])[1]
        assert lines[1] == "  words version 1: serving_default"
        with httpx.Client(base_url=url, timeout=HANG_SECONDS) as client:
            response = client.post("/v1/models/words/labels/stable:predict", json={"instances": ["mug"]})
            assert response.json() == {"predictions": [3]}
            assert "batching_session:processed_batch_size_count" in client.get("/monitoring/prometheus/metrics").text
            file.write_text(f"model_config_list {{ {entry.format(name='other', path=path, more='')} }}")
            wait_until(lambda: client.get("/v1/models/other").status_code == 200)
            file.write_text("model_config_list {\n config {")
            assert process.stderr.readline().endswith("words version 1 is serving\n")
            assert process.stderr.readline().endswith("words version 1 is unloaded\n")
            assert process.stderr.readline().endswith("other version 1 is serving\n")
            line = process.stderr.readline()
            assert line.endswith(f'{file}:2: Expected "}}".; what was served before still is\n')
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG_SECONDS) == 0


def test_a_file_of_no_models_is_served_until_it_lists_some(tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text("model_config_list {}")
    options = ("--model-config-file", str(tmp_path / "models.config"), "--port", "0", "--grpc-port", "-1")
    with started(*options) as process:
        assert process.stdout.readline().startswith("Serving on http://127.0.0.1:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read {file}: No such file or directory"),
        (
            "model_config_list {\n  config {\n    nam: 3",
            '{file}:3: Message type "tensorflow.serving.ModelConfig" has no',
        ),
        (
            'model_config_list { config { name: "a" base_path: "a" model_platform: "tensorflow" } }',
            "{file}: Expected model a to have an absolute path or URI; got base_path()=a",
        ),
    ],
)
def test_a_bad_file_is_one_clear_line_before_anything_is_loaded(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "models.config"
    if text is not None:
        file.write_text(text)
    result = run("--model-config-file", str(file))
    assert str(result.exception).startswith(message.format(file=file))
    assert "\n" not in str(result.exception)


def test_a_file_of_models_that_are_not_there_says_where_it_looked(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(
        f"""model_config_list {{ config {{ name: "letters" base_path: "{tmp_path / "letters"}"
        model_platform: "tensorflow" }} }}"""
    )
    result = run("--model-config-file", str(file), "--port", "0", "--grpc-port", "-1")
    assert str(result.exception) == (
        f"no model in {file} loads: letters: NOT_FOUND: there is no version in {tmp_path / 'letters'}"
    )


def test_a_label_at_the_start_says_which_option_it_needs(serving: Path, tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(
        f"""model_config_list {{ config {{ name: "letters" base_path: "{serving / "letters"}"
        model_platform: "tensorflow" version_labels {{ key: "stable" value: 1 }} }} }}"""
    )
    result = run("--model-config-file", str(file), "--port", "0", "--grpc-port", "-1")
    assert str(result.exception) == (
        f"{file}: Request to assign label to version 1 of model letters, which is not currently available for "
        "inference; at the start none is, unless --allow-version-labels-for-unavailable-models is given"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give either --serving or --model-config-file"),
        (("--serving", "a", "--model-config-file", "b"), "give either --serving or --model-config-file"),
        (("--serving", "{serving}", "--batching-parameters-file", "c"), "needs --enable-batching"),
        (("--serving", "{serving}", "--port", "8501", "--grpc-port", "8501"), "--port and --grpc-port are both 8501"),
    ],
)
def test_options_that_do_not_go_together_are_refused(serving: Path, options: tuple[str, ...], message: str) -> None:
    result = run(*(option.format(serving=serving) for option in options))
    assert (result.exit_code, message in result.output) == (2, True)


def test_bad_batching_parameters_are_one_clear_line(serving: Path, tmp_path: Path) -> None:
    file = tmp_path / "batching.config"
    file.write_text("max_batch_size: 3")
    result = run("--serving", str(serving), "--enable-batching", "--batching-parameters-file", str(file))
    assert str(result.exception).startswith(f"{file}:1: ")


def test_a_missing_directory_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "--serving", str(tmp_path / "none")], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {tmp_path / 'none'} is not a directory; give the one a run pushed to, such as runs/sample/serving\n"
    )


def test_a_directory_without_models_says_what_should_be_there(tmp_path: Path) -> None:
    (tmp_path / "index" / "1").mkdir(parents=True)
    result = run("--serving", str(tmp_path))
    assert str(result.exception) == f"{tmp_path} holds no model; it should hold <model>/<version>/saved_model.pb"


def test_a_port_in_use_is_an_error_before_anything_is_loaded(serving: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--serving", str(serving), "--port", str(port), "--grpc-port", "0")
    assert str(result.exception) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try another --port or --host"
    )


def test_a_grpc_port_in_use_is_an_error_before_anything_is_loaded(serving: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--serving", str(serving), "--port", "0", "--grpc-port", str(port))
    assert str(result.exception) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try another --grpc-port or --host"
    )


def test_the_reason_is_printed_if_no_model_loads(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "saved_model.pb").write_bytes(b"no proto")
    result = run("--serving", str(tmp_path), "--port", "0", "--grpc-port", "0")
    assert str(result.exception).startswith(f"no model in {tmp_path} loads: broken version 1: ")
