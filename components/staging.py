"""Local copies of a bucket's artifacts, for code that works on files.

Kubeflow and Vertex keep artifacts in a bucket. TFX's own components read and write there through TensorFlow's file
system; ours use Arrow, SQLite, Feast and safetensors, which need paths. Artifacts on this machine are not copied.
"""

import contextlib
import functools
import inspect
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ParamSpec

from tfx import v1 as tfx
from tfx.types import Artifact
from tfx.utils import io_utils

Parameters = ParamSpec("Parameters")


def is_remote(uri: str) -> bool:
    """Return whether `uri` is not a path on this machine's disk."""
    return "://" in uri


@contextlib.contextmanager
def on_disk(inputs: Iterable[Artifact], outputs: Iterable[Artifact]) -> Iterator[None]:
    """Make the `uri` of every artifact an existing local directory within the block.

    Inputs are copied from their bucket before the block, outputs to theirs after it, unless it raises.
    """
    inputs, outputs = list(inputs), list(outputs)
    remote = [(artifact, artifact.uri) for artifact in (*inputs, *outputs) if is_remote(artifact.uri)]
    with tempfile.TemporaryDirectory(prefix="vitrine-") as disk:
        try:
            for number, (artifact, uri) in enumerate(remote):
                artifact.uri = str(Path(disk, str(number)))
                if artifact in inputs:
                    io_utils.copy_dir(uri, artifact.uri)
            for artifact in outputs:
                Path(artifact.uri).mkdir(parents=True, exist_ok=True)
            yield
            for artifact, uri in remote:
                if artifact in outputs:
                    io_utils.copy_dir(artifact.uri, uri)
        finally:
            for artifact, uri in remote:
                artifact.uri = uri


def staged(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Decorate a component's function so that it works on local directories, wherever its artifacts are."""
    outputs = {
        name
        for name, annotation in inspect.get_annotations(function).items()
        if isinstance(annotation, tfx.dsl.components.OutputArtifact)
    }

    @functools.wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        artifacts = {name: value for name, value in kwargs.items() if isinstance(value, Artifact)}
        with on_disk(
            [artifact for name, artifact in artifacts.items() if name not in outputs],
            [artifact for name, artifact in artifacts.items() if name in outputs],
        ):
            function(*args, **kwargs)

    # TFX reads a component's interface there.
    run.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return run
