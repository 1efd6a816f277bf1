"""Stamps of an encoder's files, by content; links are followed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from pipelines.stamps.code import Code
from vitrine.data.vectors.files import DESCRIPTION, PRODUCTS, QUERIES, read_description
from vitrine.encoders.hub.download import pinned
from vitrine.encoders.layouts import source_files
from vitrine.encoders.loading import PRESET, source_directory
from vitrine.encoders.settings import PRECOMPUTED, CrossEncoderSource, EncoderSettings
from vitrine.errors import VitrineError
from vitrine.fingerprints import digest, files_fingerprint
from vitrine.hub.repository import HUB

ENCODING_MODULES: Final = ("vitrine.embeddings.encoding", "vitrine.encoders.loading")
"""The modules that decide which vector a content gets, and with which columns it is kept, with all that they import."""


Model = TypeVar("Model", bound=BaseModel)
Source = TypeVar("Source", bound=CrossEncoderSource)


def encoding_code(code: Code) -> str:
    """Return a digest of the code that makes vectors from contents, and of the packages that compute them."""
    return digest(*map(str, code.stamp(ENCODING_MODULES).items()))


def encoder_stamps(settings: EncoderSettings) -> dict[str, str]:
    """Return the stamps of the files of an encoder's sources: `encoder`, or `vectors` and `text_encoder`.

    An unreadable source has a stamp, too: the node that opens it reports the error. `scratch` has none, and neither has
    the name of a preset, whose weights change with KerasHub's version only. A source on the hub has its commit.
    """
    if settings.kind == PRECOMPUTED:
        folder = Path(settings.source)
        vectors = files_fingerprint(folder, [folder / name for name in (DESCRIPTION, QUERIES, PRODUCTS)])
        return {"vectors": vectors} | _source_stamp("text_encoder", settings.text)
    return _source_stamp("encoder", settings.source)


def cross_encoder_stamps(settings: CrossEncoderSource | None) -> dict[str, str]:
    """Return the stamp of a cross-encoder's files, `cross_encoder`; none without one."""
    return _source_stamp("cross_encoder", settings.source) if settings else {}


def encoder_settings(settings: EncoderSettings, text_fields: Sequence[str]) -> str:
    """Return all settings that decide the vector of a content, as JSON: files count by content, not by their place.

    Precomputed vectors count by the model that made them: new products have new ones.
    """
    fields: dict[str, object] = {"kind": settings.kind, "precision": settings.precision, "text_fields": [*text_fields]}
    fields |= {name: getattr(settings, name) for name in settings.options.given()}
    if settings.kind == PRECOMPUTED:
        fields |= {"model": _precomputed_model(settings.source)} | _source_stamp("text", settings.text)
    elif settings.source == "scratch":
        fields |= settings.model_dump(mode="json", include={"source", "architecture", "training"})
    else:
        fields |= _source_stamp("source", settings.source) or {"source": settings.source}
        if settings.training.mode not in ("none", "scratch"):
            fields["training"] = settings.training.model_dump(mode="json")
    return json.dumps(fields, sort_keys=True)


def pinned_settings(settings: EncoderSettings) -> EncoderSettings:
    """Return the settings with the commits of sources on the hub, so that each node reads the same files.

    A source that cannot be resolved is left: the node that opens it reports the error.
    """
    return _pinned(settings, "source", "text")


def pinned_cross_encoder(settings: Source | None) -> Source | None:
    """Return the settings of a cross-encoder, if any, with the commit of its source, as `pinned_settings` does."""
    return None if settings is None else _pinned(settings, "source")


def _pinned(settings: Model, *names: str) -> Model:
    try:
        return settings.model_copy(update={name: pinned(getattr(settings, name)) for name in names})
    except VitrineError:
        return settings


def _precomputed_model(folder: str) -> str:
    try:
        described = read_description(Path(folder))
    except VitrineError:  # the node that opens it reports the error
        return "unreadable"
    return f"{described.model}, {described.dimension} dimensions"


def _source_stamp(name: str, source: str) -> dict[str, str]:
    if source in ("", "scratch"):
        return {}
    if source.startswith(PRESET):
        folder = Path(source.removeprefix(PRESET))
        return {name: files_fingerprint(folder, filter(Path.is_file, folder.rglob("*")))} if folder.is_dir() else {}
    try:
        if source.startswith(HUB):
            return {name: pinned(source)}
        folder = source_directory(source)
        return {name: files_fingerprint(folder, source_files(folder))}
    except VitrineError:
        return {name: "unreadable"}
