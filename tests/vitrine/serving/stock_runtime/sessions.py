"""Models as our server loads them, to compare their answers with those of the stock runtime."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from vitrine.saved_model.session import SavedModelSession


@contextmanager
def opened(directories: Mapping[str, Path]) -> Iterator[dict[str, SavedModelSession]]:
    """Load the SavedModels in `directories`, by the same names, until the block ends."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(closing(SavedModelSession(path))) for name, path in directories.items()}
