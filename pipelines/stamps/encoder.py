"""Stamps of an encoder's files: by content, wherever links lead."""

from pathlib import Path

from vitrine.data.vectors.files import DESCRIPTION, PRODUCTS, QUERIES
from vitrine.encoders.checkpoint import checkpoint_files
from vitrine.encoders.loading import PRESET, source_directory
from vitrine.encoders.settings import PRECOMPUTED, EncoderSettings
from vitrine.errors import VitrineError
from vitrine.fingerprints import files_fingerprint


def encoder_stamps(config: EncoderSettings) -> dict[str, str]:
    """Return stamps of what the sources of `config` hold: `encoder`, or `vectors` and `text_encoder`.

    A source that cannot be read has a stamp, too: the node that opens it says what is wrong. `scratch` has none, and
    neither has the name of a preset, whose weights change with KerasHub's version only.
    """
    if config.kind == PRECOMPUTED:
        folder = Path(config.source)
        vectors = files_fingerprint(folder, [folder / name for name in (DESCRIPTION, QUERIES, PRODUCTS)])
        return {"vectors": vectors} | _of_source("text_encoder", config.text)
    return _of_source("encoder", config.source)


def _of_source(name: str, source: str) -> dict[str, str]:
    if source in ("", "scratch"):
        return {}
    if source.startswith(PRESET):
        folder = Path(source.removeprefix(PRESET))
        return {name: files_fingerprint(folder, filter(Path.is_file, folder.rglob("*")))} if folder.is_dir() else {}
    try:
        folder = source_directory(source)
        return {name: files_fingerprint(folder, checkpoint_files(folder))}
    except VitrineError:
        return {name: "unreadable"}
