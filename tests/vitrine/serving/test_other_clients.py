"""gRPC clients of other languages, which read the typed fields of tensors: Go's grpcurl by reflection, and Node's."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.waiting import HANG_SECONDS
from vitrine.serving.api.grpc import start_grpc
from vitrine.serving.api.rest import Limits
from vitrine.serving.lifecycle.manager import ServableManager

CLIENT = Path(__file__).parent / "clients" / "predict.mjs"
GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3"
PACKAGES = ("@grpc/grpc-js@1.12.5", "@grpc/proto-loader@0.7.13")
INSTALL_SECONDS = 600


@pytest.fixture(scope="module")
def address(contract_servables: ServableManager) -> Iterator[str]:
    """The address of our gRPC server of the contract tests' models."""
    server, port = start_grpc(contract_servables, "127.0.0.1", 0, Limits())
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def install(program: str, command: list[str], folder: Path, **environment: str) -> None:
    """Install a client with its language's package manager, and skip the test where that is not possible."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{' '.join(command[:2])} failed: {done.stderr[-300:]}")


def printed(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow  # compiles for a minute if Go has not cached it
def test_a_go_client_finds_the_services_and_reads_typed_fields(address: str, tmp_path: Path) -> None:
    install("go", ["go", "install", GRPCURL], tmp_path, GOBIN=str(tmp_path))
    program = [str(tmp_path / "grpcurl"), "-plaintext"]
    assert "tensorflow.serving.PredictionService" in printed([*program, address, "list"], tmp_path).split()
    query = {"dtype": "DT_STRING", "tensorShape": {"dim": [{"size": "1"}]}, "stringVal": [encoded("mug")]}
    request = {"modelSpec": {"name": "contract", "signatureName": "describe"}, "inputs": {"query": query}}
    method = "tensorflow.serving.PredictionService/Predict"
    outputs = json.loads(printed([*program, "-d", json.dumps(request), address, method], tmp_path))["outputs"]
    assert outputs["product_id"]["string_val"] == [encoded("mug"), encoded("MUG")]
    assert outputs["number"]["int64_val"] == ["7"]
    assert outputs["score"]["float_val"] == [2]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_node_client_reads_typed_fields(address: str, tmp_path: Path) -> None:
    install("npm", ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", *PACKAGES], tmp_path)
    protoset = tmp_path / "services.pb"
    protoset.write_bytes(services().SerializeToString())
    answer = json.loads(printed(["node", str(CLIENT), str(protoset), address], tmp_path))
    assert answer == {"ids": ["mug", "MUG"], "number": [7], "score": [2]}


def services() -> FileDescriptorSet:
    """Return the descriptors of the prediction service and of all that it needs."""
    described = FileDescriptorSet()
    known: set[str] = set()

    def add(file: FileDescriptor) -> None:
        if file.name not in known:
            known.add(file.name)
            for needed in file.dependencies:
                add(needed)
            file.CopyToProto(described.file.add())

    add(descriptor_pool.Default().FindServiceByName("tensorflow.serving.PredictionService").file)
    return described
