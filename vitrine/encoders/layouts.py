"""Layouts of checkpoint directories besides Hugging Face's own, read as checkpoints in that.

These are open_clip's, and that of sentence-transformers for models of texts and images, whose `modules.json` names the
model's folder (`0_CLIPModel` in older versions).
"""

import dataclasses
import json
from pathlib import Path, PurePosixPath
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
from vitrine.errors import DataError

IMAGE_TEXT_TYPES: Final = ("clip", "chinese_clip", "siglip")
"""Values of `model_type` of models of texts and images."""
MODULES: Final = "modules.json"
PROMPTS: Final = "config_sentence_transformers.json"
SETTINGS: Final = "sentence_bert_config.json"


def open_checkpoint(directory: Path) -> Checkpoint:
    """Read a checkpoint directory in the layout of Hugging Face, open_clip or sentence-transformers.

    Raises:
        DataError: files are missing, or cannot be read, or name a step that is not supported.
    """
    folder = image_text_folder(directory)
    if folder is not None:
        found = read_checkpoint(folder)
        files = {name: content for name, content in found.files.items() if name not in (MODULES, PROMPTS, SETTINGS)}
        return dataclasses.replace(found, files=files)
    found = read_checkpoint(directory)
    if not is_open_clip(directory):
        return found
    from vitrine.encoders.open_clip.layout import open_clip_checkpoint

    return open_clip_checkpoint(found.origin, found.files, found.tensors, OPEN_CLIP_WEIGHTS)


def source_files(directory: Path) -> list[Path]:
    """Return the files of a checkpoint directory that `open_checkpoint` reads, and no others.

    Raises:
        DataError: a file that names others cannot be read.
    """
    folder = image_text_folder(directory)
    if folder is None:
        return checkpoint_files(directory)
    named = [path / name for path in (directory, folder) for name in (MODULES, PROMPTS, SETTINGS)]
    return list(dict.fromkeys([*filter(Path.is_file, named), *checkpoint_files(folder)]))


def image_text_folder(directory: Path) -> Path | None:
    """Return the folder of the model of texts and images that `modules.json` names; None if it names none.

    Raises:
        DataError: the file cannot be read, or it or the settings beside it ask for more than the model's vectors.
    """
    file = directory / MODULES
    modules = _modules(file) if file.is_file() else []
    if not modules:
        return None
    path, kind = modules[0]
    if kind not in ("CLIPModel", "Transformer") or (PurePosixPath(path).is_absolute() or ".." in path):
        return None
    folder = directory / path
    if kind == "Transformer" and _json(folder / CONFIG).get("model_type") not in IMAGE_TEXT_TYPES:
        return None
    others = [kind for _, kind in modules[1:] if kind != "Normalize"]
    if others:
        raise DataError(
            f"{file}: module '{others[0]}' after a model of texts and images is not supported; Normalize is"
        )
    _require_no_options(directory / PROMPTS)
    for settings in {directory / SETTINGS, folder / SETTINGS}:
        _require_plain(settings)
    return folder


def _modules(file: Path) -> list[tuple[str, str]]:
    """Return path and class of each module."""
    try:
        modules = json.loads(file.read_bytes())
        return [(str(module["path"]), str(module["type"]).rpartition(".")[2]) for module in modules]
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f"{file}: not a list of modules with 'path' and 'type' ({error})") from None


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
