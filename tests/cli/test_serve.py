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
    from cli.serve import command

    return CliRunner().invoke(command, arguments)


def test_it_says_where_it_serves_what_and_how_to_ask_until_it_is_told_to_stop(serving: Path) -> None:
    with started("--serving", str(serving), "--port", "0", "--grpc-port", "0") as process:
        lines = [process.stdout.readline().rstrip() for _ in range(5)]
        url = re.fullmatch(r"Serving on (http://127\.0\.0\.1:\d+) \(Ctrl\+C to stop\)", lines[0])[1]
        grpc_address = re.fullmatch(r"  gRPC on (127\.0\.0\.1:\d+)", lines[1])[1]
        assert lines[2] == "  letters version 1: serving_default"
        assert lines[3] == "Try"
        # The line to try is one that the server answers.
        curl, option, body, target = shlex.split(lines[4])
        assert (curl, option) == ("curl", "-d")
        assert target.startswith(url)
        assert httpx.post(target, content=body).json() == {"predictions": [len("red striped mug")]}
        with grpc.insecure_channel(grpc_address) as channel:
            request = get_model_status_pb2.GetModelStatusRequest()
            request.model_spec.name = "letters"
            status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request)
            assert [one.version for one in status.model_version_status] == [1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        # Of all that TensorFlow writes nothing is seen.
        assert re.fullmatch(r"\d\d:\d\d:\d\d letters version 1 is serving\n", process.stderr.read())
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


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


def test_a_port_in_use_is_told_before_anything_is_loaded(serving: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--serving", str(serving), "--port", str(port), "--grpc-port", "0")
    assert str(result.exception) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try another --port or --host"
    )


def test_a_grpc_port_in_use_is_told_before_anything_is_loaded(serving: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--serving", str(serving), "--port", "0", "--grpc-port", str(port))
    assert str(result.exception) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try another --grpc-port or --host"
    )


def test_when_nothing_loads_the_reason_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "saved_model.pb").write_bytes(b"no proto")
    result = run("--serving", str(tmp_path), "--port", "0", "--grpc-port", "0")
    assert str(result.exception).startswith(f"no model in {tmp_path} loads: broken version 1: ")
