"""Write the search model as a SavedModel that stock TensorFlow Serving loads, with warm-up requests inside."""

from collections.abc import Sequence
from pathlib import Path

from vitrine.saved_model.saving import save
from vitrine.search.build.warmup import write_warmup
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.model.search_model import SearchModel


def export_search_model(
    module: SearchModel, directory: Path, queries: Sequence[str] = (), images: Sequence[bytes] = ()
) -> None:
    """Save `module` to `directory`; `queries` and `images`, a handful of real ones, become the warm-up requests."""
    save(module, directory, module.signatures())
    write_warmup(directory, MODEL_NAME, module, queries, images)
