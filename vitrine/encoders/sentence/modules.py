"""The modules of a sentence encoder in order, from `modules.json`.

A checkpoint without this file is a model of `transformers` alone. As in sentence-transformers, the mean of its token
states is the vector.
"""

from typing import Final, NamedTuple

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.known_fields import optional_json
from vitrine.encoders.module_folders import MODULES, Module, parse_modules
from vitrine.encoders.sentence.heads import Head, read_head
from vitrine.encoders.sentence.pooling import Pooling, read_pooling
from vitrine.errors import DataError

PREFIX: Final = "sentence_transformers."
HEADS: Final = ("Dense", "LayerNorm", "Normalize", "Dropout")
STRAY: Final = "1_Pooling/config.json"


class Modules(NamedTuple):
    """The modules after the transformer."""

    pooling: Pooling = Pooling()
    heads: tuple[Head, ...] = ()

    def output(self, width: int) -> int:
        """Return the length of the vectors of a transformer with hidden states of `width`."""
        return self.heads[-1].outputs if self.heads else len(self.pooling.modes) * width


def read_modules(checkpoint: Checkpoint, width: int) -> Modules:
    """Read `modules.json` and the modules' settings, for a transformer with hidden states of `width`.

    Raises:
        DataError: a module is not supported, or not at its place.
    """
    if MODULES not in checkpoint.files:
        if STRAY in checkpoint.files:
            raise DataError(
                f"{checkpoint.origin}/{STRAY}: there is no {MODULES} that uses it; add the {MODULES} of the model, or "
                "remove the folder to pool the mean"
            )
        return Modules()
    where = f"{checkpoint.origin}/{MODULES}"
    modules = parse_modules(checkpoint.files[MODULES], where)
    for module in modules:
        _require_supported(module, where)
    kinds = [module.kind for module in modules]
    if kinds[:2] != ["Transformer", "Pooling"]:
        raise DataError(f"{where}: the modules are {', '.join(kinds)}; the first two must be Transformer and Pooling")
    name = f"{modules[1].path}/config.json"
    if name not in checkpoint.files:
        raise DataError(f"{checkpoint.origin}/{name}: no such file, which {MODULES} names; copy it from the model")
    pooling = read_pooling(checkpoint.json(name), width, f"{checkpoint.origin}/{name}")
    heads, length = list[Head](), len(pooling.modes) * width
    for module in modules[2:]:
        if module.kind not in HEADS:
            raise DataError(f"{where}: a {module.kind} after the pooling is not supported; {', '.join(HEADS)} are")
        name = f"{module.path}/config.json"
        fields = optional_json(checkpoint, name)
        heads.append(read_head(module.kind, module.path, fields, length, f"{checkpoint.origin}/{name}"))
        length = heads[-1].outputs
    return Modules(pooling, tuple(heads))


def _require_supported(module: Module, where: str) -> None:
    if not module.type.startswith(PREFIX) or module.kind not in ("Transformer", "Pooling", *HEADS):
        supported = ", ".join(("Transformer", "Pooling", *HEADS))
        raise DataError(
            f"{where}: the module '{module.type}' is not supported; those of sentence-transformers are: {supported}"
        )
