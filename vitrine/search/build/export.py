"""Export of the search model as a SavedModel for stock TensorFlow Serving, with warm-up requests."""

from collections.abc import Sequence
from pathlib import Path

from vitrine.saved_model.saving import save
from vitrine.search.build.warmup import write_warmup
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.model.search_model import SearchModel


def export_search_model(
    module: SearchModel, directory: Path, queries: Sequence[str] = (), images: Sequence[bytes] = ()
) -> None:
    """Save `module` to `directory`; a few real `queries` and `images` become the warm-up requests."""
    save(module, directory, module.signatures())
    write_warmup(directory, MODEL_NAME, module, queries, images)
