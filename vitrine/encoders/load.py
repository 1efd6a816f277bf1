"""Open an encoder: from a checkpoint directory, or from what the configuration names."""

import importlib.util
from pathlib import Path
from typing import Final

from vitrine.encoders.base import Encoder
from vitrine.encoders.checkpoint import CONFIG, read_checkpoint
from vitrine.encoders.config import EncoderConfig, Precision
from vitrine.errors import ConfigError, DataError

PRESET: Final = "preset:"


def load_encoder(directory: Path, precision: Precision = "float32") -> Encoder:
    """Load the encoder of a checkpoint directory, ours or in Hugging Face's layout.

    Raises:
        DataError: the directory is no checkpoint, or one of a model type that is not supported.
    """
    checkpoint = read_checkpoint(directory)
    model_type = checkpoint.json(CONFIG).get("model_type")
    if model_type == "bert":
        from vitrine.encoders.sentence.encoder import SentenceEncoder

        return SentenceEncoder(checkpoint, precision)
    if model_type == "clip":
        from vitrine.encoders.clip.encoder import ClipEncoder

        return ClipEncoder(checkpoint, precision)
    raise DataError(f"{directory / CONFIG}: model_type '{model_type}' is not supported; 'clip' and 'bert' are")


def open_encoder(config: EncoderConfig) -> Encoder:
    """Open the encoder that `config` names.

    Raises:
        ConfigError: the source does not exist, or holds an encoder of the other kind.
        DataError: the checkpoint cannot be read.
    """
    if config.source == "scratch":
        raise ConfigError("encoder.source: 'scratch' is trained by the pipeline; there is nothing to open")
    if config.source.startswith(PRESET):
        from vitrine.encoders.clip.encoder import ClipEncoder
        from vitrine.encoders.clip.preset import preset_checkpoint

        return ClipEncoder(preset_checkpoint(config.source.removeprefix(PRESET)), config.precision)
    encoder = load_encoder(source_directory(config.source), config.precision)
    if encoder.kind != config.kind:
        raise ConfigError(f"encoder.kind: '{config.kind}', but {config.source} holds a '{encoder.kind}' encoder")
    return encoder


def source_directory(source: str) -> Path:
    """Return the checkpoint directory of a source that is a directory or `package:NAME`, importing no package.

    Raises:
        ConfigError: there is no such directory or package.
    """
    if not source.startswith("package:"):
        directory = Path(source)
        if not directory.is_dir():
            raise ConfigError(
                f"encoder.source: '{source}' is not a directory, 'package:NAME', 'preset:NAME' or 'scratch'"
            )
        return directory
    name = source.removeprefix("package:")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"encoder.source: the package '{name}' is not installed; install it, or give a directory")
    directory = Path(spec.submodule_search_locations[0]) / "model"
    if not (directory / CONFIG).is_file():
        raise ConfigError(f"encoder.source: the package '{name}' carries no checkpoint in its folder 'model'")
    return directory
