"""The figures of several encoders, each beside the first one."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vitrine.benchmark.encoders.measure import Values
from vitrine.benchmark.encoders.table_json import ALL, MAIN, METRICS, WITH_EXACT, EncoderFigure, TaskFigures
from vitrine.benchmark.encoders.tasks import Tasks
from vitrine.metrics.bootstrap import compare, estimate

Measured = Mapping[str, Mapping[str, Values]]
"""By an encoder's source, the values of each task that it can do."""


def compared(measured: Measured, tasks: Tasks) -> dict[str, TaskFigures]:
    """Return the figures of each task that an encoder can do: all metrics of all queries and of those with an E,
    and the main one in other slices.

    Differences are to the first encoder that can do the task.
    """
    done = [task for task in METRICS if any(task in values for values in measured.values())]
    return {
        task: {
            "candidates": tasks.candidates(task),
            "slices": {
                name: {
                    "queries": int(mask.sum()),
                    "metrics": {
                        metric: _figures(measured, task, metric, mask)
                        for metric in (METRICS[task] if name in (ALL, WITH_EXACT) else (MAIN[task],))
                    },
                }
                for name, mask in tasks.slices[task].items()
            },
        }
        for task in done
    }


def _figures(measured: Measured, task: str, metric: str, mask: npt.NDArray[np.bool_]) -> dict[str, EncoderFigure]:
    values = {source: of_tasks[task][metric][mask] for source, of_tasks in measured.items() if task in of_tasks}
    baseline = next(iter(values))
    figures: dict[str, EncoderFigure] = {}
    for source, each in values.items():
        mean = estimate(each)
        figures[source] = {"value": mean.value, "low": mean.low, "high": mean.high}
        if source != baseline:
            paired = compare(each, values[baseline])
            figures[source]["difference"] = {**paired.difference.to_dict(), "p_value": paired.p_value}
    return figures
