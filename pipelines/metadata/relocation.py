"""Runs whose directory was moved, copied or pulled: TFX records absolute paths, which lead back to the old place."""

from pathlib import Path

from pipelines.metadata.values import open_store


def moved_to(uri: str, root: Path) -> str:
    """Where the artifact lies: below `root`, if it is there and `uri` names another root so called; else at `uri`."""
    mark = f"/{root.name}/"
    here = root / uri.rpartition(mark)[2]
    return str(here) if mark in uri and here.exists() else uri


def follow_move(metadata: Path, root: Path) -> int:
    """Rewrite the URIs of artifacts that lay below another root and lie below `root` now; returns how many."""
    if not metadata.exists():
        return 0
    store = open_store(metadata, writable=True)
    root = root.resolve()
    moved = []
    for artifact in store.get_artifacts():
        here = moved_to(artifact.uri, root)
        if here != artifact.uri:
            artifact.uri = here
            moved.append(artifact)
    if moved:
        store.put_artifacts(moved)
    return len(moved)
