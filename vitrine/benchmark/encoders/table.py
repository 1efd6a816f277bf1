"""The table of encoders: each is measured once, and compared with the first."""

from collections.abc import Mapping

from vitrine import progress
from vitrine.benchmark.encoders.compare import compared
from vitrine.benchmark.encoders.measure import Values, measure
from vitrine.benchmark.encoders.product_rows import Data
from vitrine.benchmark.encoders.table_json import ComparedEncoder, EncoderFigures
from vitrine.benchmark.encoders.tasks import read_tasks
from vitrine.encoders.protocol import Encoder


def compare_encoders(data: Data, encoders: Mapping[str, Encoder]) -> EncoderFigures:
    """Compare encoders, by their sources, on the eval queries and on held-out products; the first is the baseline.

    Encoders of equal weights and rules are measured once.

    Raises:
        DataError: the data cannot be read, or no query can be measured.
    """
    progress.note("holding products out, near-duplicates together")
    tasks = read_tasks(data, images=any(encoder.encodes_images for encoder in encoders.values()))
    described: list[ComparedEncoder] = []
    measured: dict[str, dict[str, Values]] = {}
    first: dict[str, str] = {}
    for source, encoder in encoders.items():
        described.append(
            {
                "source": source,
                "kind": encoder.kind,
                "dimension": encoder.dimension,
                "fingerprint": encoder.fingerprint,
                "encodes_images": encoder.encodes_images,
            }
        )
        same = first.setdefault(encoder.fingerprint, source)
        if same != source:
            described[-1]["same_as"] = same
        measured[source] = measured[same] if same in measured else measure(encoder, tasks, data.image_root, source)
    progress.note(f"comparing {len(measured)} encoders")
    return {
        "data": str(data.folder),
        "text_fields": list(data.text_fields),
        "counts": tasks.counts,
        "encoders": described,
        "tasks": compared(measured, tasks),
    }
