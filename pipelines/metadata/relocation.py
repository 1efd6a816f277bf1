"""Relocation of runs whose directory was moved, copied or pulled: TFX records absolute paths."""

from pathlib import Path

from pipelines.metadata.values import open_store


def current_uri(uri: str, root: Path) -> str:
    """Return an artifact's present URI: below `root` if it is there and `uri` has a root of that name, else `uri`."""
    separator = f"/{root.name}/"
    path = root / uri.rpartition(separator)[2]
    return str(path) if separator in uri and path.exists() else uri


def update_moved_uris(metadata: Path, root: Path) -> int:
    """Rewrite the URIs of artifacts that were moved below `root`; return their number."""
    if not metadata.exists():
        return 0
    store = open_store(metadata, writable=True)
    root = root.resolve()
    moved = []
    for artifact in store.get_artifacts():
        uri = current_uri(artifact.uri, root)
        if uri != artifact.uri:
            artifact.uri = uri
            moved.append(artifact)
    if moved:
        store.put_artifacts(moved)
    return len(moved)
