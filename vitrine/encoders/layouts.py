"""Layouts of checkpoint directories besides Hugging Face's own, read as checkpoints in that.

These are open_clip's, and that of sentence-transformers for models of texts and images, whose `modules.json` names the
model's folder (`0_CLIPModel` in older versions).
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vitrine.encoders.checkpoint import (
    CONFIG,
    OPEN_CLIP_WEIGHTS,
    Checkpoint,
    Json,
    checkpoint_files,
    is_open_clip,
    read_checkpoint,
)
from vitrine.encoders.field_values import json_object
from vitrine.encoders.known_fields import SENTENCE_TRANSFORMERS, require_known
from vitrine.encoders.module_folders import MODULES, Module, listed_modules
from vitrine.errors import DataError

IMAGE_TEXT_TYPES: Final = ("clip", "chinese_clip", "siglip")
"""Values of `model_type` of models of texts and images."""
PROMPTS: Final = "config_sentence_transformers.json"
SETTINGS: Final = "sentence_bert_config.json"


def open_checkpoint(directory: Path) -> Checkpoint:
    """Read a checkpoint directory in the layout of Hugging Face, open_clip or sentence-transformers.

    Raises:
        DataError: files are missing, or cannot be read, or name a step that is not supported.
    """
    modules = listed_modules(directory)
    folder = image_text_folder(directory, modules)
    if folder is not None:
        found = read_checkpoint(folder, ())
        files = {name: content for name, content in found.files.items() if name not in (MODULES, PROMPTS, SETTINGS)}
        return dataclasses.replace(found, files=files)
    found = read_checkpoint(directory, modules)
    if not is_open_clip(directory):
        return found
    from vitrine.encoders.open_clip.layout import open_clip_checkpoint

    return open_clip_checkpoint(found.origin, found.files, found.tensors, OPEN_CLIP_WEIGHTS)


def source_files(directory: Path) -> list[Path]:
    """Return the files of a checkpoint directory that `open_checkpoint` reads, and no others.

    Raises:
        DataError: a file that names others cannot be read.
    """
    modules = listed_modules(directory)
    folder = image_text_folder(directory, modules)
    if folder is None:
        return checkpoint_files(directory, modules)
    named = [path / name for path in (directory, folder) for name in (MODULES, PROMPTS, SETTINGS)]
    return list(dict.fromkeys([*filter(Path.is_file, named), *checkpoint_files(folder, ())]))


def image_text_folder(directory: Path, modules: Sequence[Module]) -> Path | None:
    """Return the folder of the model of texts and images that the modules begin with; None if they do not.

    Raises:
        DataError: the modules, or the settings beside them, ask for more than the model's vectors.
    """
    if not modules or modules[0].kind not in ("CLIPModel", "Transformer"):
        return None
    folder = directory / modules[0].path
    if modules[0].kind == "Transformer" and _json(folder / CONFIG).get("model_type") not in IMAGE_TEXT_TYPES:
        return None
    others = [module.kind for module in modules[1:] if module.kind != "Normalize"]
    if others:
        raise DataError(
            f"{directory / MODULES}: module '{others[0]}' after a model of texts and images is not supported; "
            "Normalize is"
        )
    _require_no_options(directory / PROMPTS)
    for settings in {directory / SETTINGS, folder / SETTINGS}:
        _require_plain(settings)
    return folder


def _require_no_options(file: Path) -> None:
    fields = _json(file)
    require_known(fields, str(file), SENTENCE_TRANSFORMERS, {"truncate_dim": None, "model_type": "SentenceTransformer"})
    prompts = json_object(fields.get("prompts") or {}, f"{file}: prompts")
    given = [name for name, prompt in prompts.items() if prompt]
    if given:
        raise DataError(f"{file}: the prompt '{given[0]}' is not supported before texts of a model of texts and images")


def _require_plain(file: Path) -> None:
    fields = _json(file)
    fixed = {"do_lower_case": False, "transformer_task": "feature-extraction"}
    require_known(fields, str(file), {"modality_config"}, fixed, {"module_output_name"})
    for modality, settings in json_object(fields.get("modality_config") or {}, f"{file}: modality_config").items():
        method = settings.get("method") if isinstance(settings, dict) else settings
        if modality in ("text", "image") and method != f"get_{modality}_features":
            raise DataError(f"{file}: modality_config.{modality}: method {method!r} is not supported")


def _json(file: Path) -> Json:
    return Checkpoint(str(file.parent), {file.name: file.read_bytes()}, {}).json(file.name) if file.is_file() else {}
