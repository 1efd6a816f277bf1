"""TensorFlow 2.18's own C++ runtime, in a Java process, with the op libraries that the model server of 2.18 links."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.framework.op_def_pb2 import OpList
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from vitrine.saved_model.arrays import Inputs

FOLDER = Path(__file__).parent
POM = FOLDER.parents[3] / "apps" / "java" / "pom.xml"
LISTED = FOLDER / "ops.txt"
"""The operations of `ALLOWED_OPS` that the runtime has registered, for machines without it."""
DOWNLOAD_SECONDS = 600

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class StockRuntime:
    """A way to start the runtime: the class path of its Java API, and the directory of TF Text's op libraries."""

    class_path: str
    text_ops: Path

    @classmethod
    def installed(cls, folder: Path) -> Self:
        """Get the runtime from Maven's and pip's registries or caches, and skip the test where they have none."""
        class_path = java_class_path(folder)
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        _require([*pip, "-d", str(folder), "-r", str(FOLDER / "text_ops.txt")])
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if "/python/" in name])
        return cls(class_path, folder / "tensorflow_text" / "python")

    def ask(self, root: Path) -> None:
        """Run `Answers.java`, which describes the files of `root`."""
        self.run(FOLDER / "Answers.java", str(root), *sorted(map(str, self.text_ops.glob("*/*.so"))))

    def run(self, program: Path, *arguments: str) -> str:
        """Run a Java file and return its output."""
        command = ["java", "-cp", self.class_path, str(program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout


def java_class_path(folder: Path) -> str:
    """Return the class path of the Java examples, and skip the test where Maven does not get them."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"TensorFlow's runtime is started with {program}, which is not installed")
    target = folder / "class_path"
    _require(["mvn", "-q", "-B", "-f", str(POM), "dependency:build-classpath", f"-Dmdep.outputFile={target}"])
    return target.read_text(encoding="utf-8").strip()


def _require(command: list[str]) -> None:
    """Run a command that downloads, and skip the test if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} did not end within {DOWNLOAD_SECONDS} s")
    if done.returncode:
        pytest.skip(f"{' '.join(command[:4])} failed: {(done.stdout + done.stderr)[-300:]}")


def write_requests(folder: Path, model: Path, requests: Mapping[str, Inputs], optimized: bool) -> None:
    """Write the requests of a model, one for each signature, for `StockRuntime.run`.

    The graph optimizer is on by default in the model server. It takes seconds for each signature of a search model.
    """
    options = ConfigProto()
    options.graph_options.rewrite_options.disable_meta_optimizer = not optimized
    for signature, inputs in requests.items():
        asked = folder / signature / "in"
        asked.mkdir(parents=True)
        for name, array in inputs.items():
            (asked / name).write_bytes(tf.make_tensor_proto(array).SerializeToString())
    (folder / "session_config").write_bytes(options.SerializeToString())
    (folder / "model").write_text(str(model), encoding="utf-8")


def read_answer(folder: Path) -> Arrays | str:
    """Read the answer of a signature, or its error, which may be that of loading the model."""
    for error in (folder.parent / "error", folder / "error"):
        if error.is_file():
            return error.read_text(encoding="utf-8")
    outputs = (folder / "out").iterdir()
    return {file.name: tf.make_ndarray(TensorProto.FromString(file.read_bytes())) for file in outputs}


def registered_ops(root: Path, names: Collection[str]) -> str:
    """Return the operations of `names` that the runtime has registered, one a line, each with its attributes."""
    ops = OpList.FromString((root / "ops.pb").read_bytes()).op
    kept = sorted((op for op in ops if op.name in names), key=lambda op: op.name)
    return "".join(f"{' '.join([op.name, *sorted(each.name for each in op.attr)])}\n" for op in kept)


def listed_ops() -> dict[str, set[str]]:
    """Return the attributes of each operation of the list, which is the runtime's."""
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    return {name: set(attributes) for name, *attributes in map(str.split, lines)}


def missing_from(ops: Mapping[str, set[str]], directory: Path) -> set[str]:
    """Return the operations of a SavedModel that `ops` lacks, and those attributes, as `Op.attribute`."""
    nodes = list(_nodes(directory))
    unknown = {node.op for node in nodes if node.op not in ops}
    used = {(node.op, name) for node in nodes if node.op in ops for name in node.attr if not name.startswith("_")}
    return unknown | {f"{op}.{name}" for op, name in used if name not in ops[op]}


def foreign_ops(directory: Path) -> set[str]:
    """Return the operations of a SavedModel that are not TensorFlow's own."""
    return {node.op for node in _nodes(directory) if not hasattr(tf.raw_ops, node.op)}


def _nodes(directory: Path) -> Iterator[NodeDef]:
    """Yield the nodes of a SavedModel that do not call its own functions by name."""
    graph = SavedModel.FromString((directory / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    functions = {function.signature.name for function in graph.library.function}
    for body in (graph.node, *(function.node_def for function in graph.library.function)):
        yield from (node for node in body if node.op not in functions)
