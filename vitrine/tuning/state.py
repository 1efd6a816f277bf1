"""The state of a fine-tuning on disk or in a bucket, from which a killed one goes on."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.tuning.judged_texts import Rows
from vitrine.tuning.optimisation import Optimised, Weights

PROGRESS: Final = "progress.json"
BEST: Final = "best.npz"


@dataclass
class Progress:
    """Finished epochs, finished steps of the next one, and the best epoch so far, 0 for the original."""

    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    figure: float = 0.0
    best: int = 0
    saved: str = ""
    """The prefix of the files of weights and optimiser, in the folder."""


class State:
    """A folder, local or a bucket's URI, with the state of one fine-tuning."""

    def __init__(self, folder: str, tuner: Optimised) -> None:
        self._folder, self._tuner = folder.rstrip("/"), tuner
        self._checkpoint = tf.train.Checkpoint(tuner=tuner)

    def load(self) -> Progress | None:
        """Set the tuner to the saved state, and return what has been done; None if nothing is saved."""
        if not tf.io.gfile.exists(self._path(PROGRESS)):
            return None
        progress = Progress(**json.loads(self._read(PROGRESS)))
        if progress.saved:
            self._checkpoint.read(self._path(progress.saved)).assert_consumed()
        return progress

    def save(self, progress: Progress) -> None:
        """Save the tuner and `progress`. A kill at any time leaves this state or the one before whole."""
        before, progress.saved = progress.saved, f"step-{progress.epoch}-{progress.step}"
        self._checkpoint.write(self._path(progress.saved))
        self._write(PROGRESS, json.dumps(asdict(progress)).encode())
        for file in tf.io.gfile.glob(self._path(f"{before}.*")) if before else []:
            tf.io.gfile.remove(file)

    def mined(self, epoch: int) -> Rows | None:
        """Return the mined documents of an epoch, if they are saved."""
        name = f"mined-{epoch}.npy"
        return np.load(io.BytesIO(self._read(name))) if tf.io.gfile.exists(self._path(name)) else None

    def save_mined(self, epoch: int, mined: Rows) -> None:
        """Save the mined documents of an epoch."""
        content = io.BytesIO()
        np.save(content, mined)
        self._write(f"mined-{epoch}.npy", content.getvalue())

    def best(self) -> Weights:
        """Return the weights of the best epoch."""
        with np.load(io.BytesIO(self._read(BEST))) as saved:
            return [saved[name] for name in sorted(saved, key=lambda name: int(name.removeprefix("arr_")))]

    def save_best(self, weights: Sequence[npt.NDArray[np.float32]]) -> None:
        """Save the weights of the best epoch."""
        content = io.BytesIO()
        np.savez(content, *weights)
        self._write(BEST, content.getvalue())

    def remove(self) -> None:
        """Remove the folder, once its outcome is kept elsewhere."""
        remove_states(self._folder)

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _read(self, name: str) -> bytes:
        with tf.io.gfile.GFile(self._path(name), "rb") as file:
            content: bytes = file.read()
        return content

    def _write(self, name: str, content: bytes) -> None:
        tf.io.gfile.makedirs(self._folder)
        with tf.io.gfile.GFile(self._path(f"{name}.part"), "wb") as file:
            file.write(content)
        tf.io.gfile.rename(self._path(f"{name}.part"), self._path(name), overwrite=True)


def remove_states(folder: str) -> None:
    """Remove a folder of states."""
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)
