"""The loop of a fine-tuning: epochs, the choice of the best one, and the mean of its weights with the original ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from vitrine import progress
from vitrine.encoders.training_settings import TuningSchedule
from vitrine.tuning.optimisation import Weights
from vitrine.tuning.state import Progress, State

SHARES: Final = (0.25, 0.5, 0.75)
"""Shares of the tuned weights in the mean with the original ones, besides 1, of which held-out data choose one."""

EpochReport = Callable[[int, Mapping[str, float]], None]
"""A function of an epoch's number, from 0 for the original encoder, and its metrics."""

Batch = TypeVar("Batch")
Learned = TypeVar("Learned", contravariant=True)


class Learner(Protocol[Learned]):
    """An encoder in training; see `Optimised`."""

    steps: int

    def step(self, batch: Learned, /) -> float:
        """Take one step, and return the loss before it."""
        ...

    def weights(self) -> Weights:
        """Return a copy of the trained variables."""
        ...

    def restore(self, weights: Weights, /) -> None:
        """Assign values that `weights` returned."""
        ...


@dataclass(frozen=True)
class Course(Generic[Batch]):
    """A course of training: what an encoder learns from, and what chooses among its weights.

    `batches` returns those of an epoch, always the same, and `measure` the `metric` on what was held out to choose.
    """

    learner: Learner[Batch]
    settings: TuningSchedule
    batches: Callable[[int], Iterator[Batch]]
    measure: Callable[[], float]
    metric: str


def learn(course: Course[Batch], state: State, on_epoch: EpochReport) -> tuple[int, float]:
    """Train all epochs, set the weights to the best that held-out data know, and return their epoch and share.

    They are those of the best epoch, 0 for the original ones, or their mean with the original ones (Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models").
    """
    original = course.learner.weights()
    done = _fit(course, state, on_epoch)
    tuned = state.best() if done.best else original
    figures = {1.0: done.figure}
    for share in SHARES:
        course.learner.restore(_mean(original, tuned, share))
        figures[share] = course.measure()
    chosen = max(figures, key=lambda share: (figures[share], share))
    course.learner.restore(_mean(original, tuned, chosen))
    return done.best, chosen


def _fit(course: Course[Batch], state: State, on_epoch: EpochReport) -> Progress:
    """Train all epochs, or those that are left, and keep the weights of the best one in `state`."""
    learner, settings = course.learner, course.settings
    done = state.load()
    if done is None:
        done = Progress(figure=course.measure())
        on_epoch(0, {course.metric: done.figure})
    else:
        progress.note(f"tuning goes on after {done.epoch} epochs and {done.step} steps")
    steps = learner.steps // settings.epochs
    for epoch in range(done.epoch, settings.epochs):
        for number, batch in enumerate(course.batches(epoch), 1):
            if number <= done.step:
                continue
            done.losses.append(learner.step(batch))
            progress.report("tuning the encoder", epoch * steps + number, learner.steps)
            if number % settings.checkpoint_steps == 0:
                done.step = number
                state.save(done)
        figure = course.measure()
        on_epoch(epoch + 1, {"loss": float(np.mean(done.losses)), course.metric: figure})
        if figure > done.figure:
            state.save_best(learner.weights())
            done.figure, done.best = figure, epoch + 1
        done.epoch, done.step, done.losses = epoch + 1, 0, []
        state.save(done)
    return done


def _mean(original: Weights, tuned: Weights, share: float) -> Weights:
    pairs = zip(original, tuned, strict=True)
    return [np.float32(1 - share) * first + np.float32(share) * second for first, second in pairs]
