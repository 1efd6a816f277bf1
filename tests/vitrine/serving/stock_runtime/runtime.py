"""TensorFlow 2.18's own C++ runtime, in a Java process, with the op libraries that the model server of 2.18 links."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from tensorflow.core.framework.op_def_pb2 import OpList
from tensorflow.core.framework.tensor_pb2 import TensorProto

from vitrine.saved_model.arrays import Inputs

FOLDER = Path(__file__).parent
POM = FOLDER.parents[3] / "apps" / "java" / "pom.xml"
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
        for program in ("java", "mvn"):
            if shutil.which(program) is None:
                pytest.skip(f"TensorFlow's runtime is started with {program}, which is not installed")
        class_path = folder / "class_path"
        target = f"-Dmdep.outputFile={class_path}"
        _require(["mvn", "-q", "-B", "-f", str(POM), "dependency:build-classpath", target])
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        _require([*pip, "-d", str(folder), "-r", str(FOLDER / "text_ops.txt")])
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if "/python/" in name])
        return cls(class_path.read_text(encoding="utf-8").strip(), folder / "tensorflow_text" / "python")

    def run(self, root: Path) -> None:
        """Run `Answers.java`, which describes the files of `root`."""
        libraries = sorted(map(str, self.text_ops.glob("*/*.so")))
        command = ["java", "-cp", self.class_path, str(FOLDER / "Answers.java"), str(root), *libraries]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
        assert done.returncode == 0, done.stderr[-4000:]


def _require(command: list[str]) -> None:
    """Run a command that downloads, and skip the test if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} did not end within {DOWNLOAD_SECONDS} s")
    if done.returncode:
        pytest.skip(f"{' '.join(command[:4])} failed: {(done.stdout + done.stderr)[-300:]}")


def write_requests(folder: Path, model: Path, requests: Mapping[str, Inputs]) -> None:
    """Write the requests of a model, one for each signature, for `StockRuntime.run`."""
    for signature, inputs in requests.items():
        asked = folder / signature / "in"
        asked.mkdir(parents=True)
        for name, array in inputs.items():
            (asked / name).write_bytes(tf.make_tensor_proto(array).SerializeToString())
    (folder / "model").write_text(str(model), encoding="utf-8")


def read_answer(folder: Path) -> Arrays | str:
    """Read the answer of a signature, or its error, which may be that of loading the model."""
    for error in (folder.parent / "error", folder / "error"):
        if error.is_file():
            return error.read_text(encoding="utf-8")
    outputs = (folder / "out").iterdir()
    return {file.name: tf.make_ndarray(TensorProto.FromString(file.read_bytes())) for file in outputs}


def registered_ops(root: Path) -> str:
    """Return the operations that the runtime has registered, one a line, each with its attributes."""
    ops = OpList.FromString((root / "ops.pb").read_bytes()).op
    return "".join(f"{' '.join([op.name, *sorted(each.name for each in op.attr)])}\n" for op in ops)
