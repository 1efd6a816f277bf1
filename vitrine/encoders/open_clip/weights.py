"""open_clip's tensors by the names and in the layouts of `transformers`, converted on access."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.errors import DataError

Array = npt.NDArray[np.float32]


def same(value: Array) -> Array:
    """Return the tensor itself."""
    return value


def transposed(value: Array) -> Array:
    """Return a matrix that open_clip multiplies from the right."""
    return np.ascontiguousarray(value.T)


@dataclass(frozen=True)
class Origin:
    """The tensor of a checkpoint that another one is made of, or several that are joined.

    `restore` is the inverse of `convert`, up to the shape; `part` is the place among several that one tensor has.
    """

    names: tuple[str, ...]
    convert: Callable[[Array], Array]
    restore: Callable[[Array], Array]
    part: int

    def __init__(
        self,
        *names: str,
        convert: Callable[[Array], Array] = same,
        restore: Callable[[Array], Array] = same,
        part: int = 0,
    ):
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "convert", convert)
        object.__setattr__(self, "restore", restore)
        object.__setattr__(self, "part", part)

    def value(self, tensors: Mapping[str, Array]) -> Array:
        """Return the tensor, made of those of the checkpoint."""
        parts = [tensors[name] for name in self.names]
        return self.convert(parts[0] if len(parts) == 1 else np.concatenate(parts))


def part_of(name: str, index: int) -> Origin:
    """Return the queries' (0), keys' (1) or values' (2) part of joined rows."""
    return Origin(name, convert=lambda value: np.split(value, 3)[index], part=index)


def matrix(name: str) -> Origin:
    """Return the origin of a matrix that open_clip multiplies from the right."""
    return Origin(name, convert=transposed, restore=transposed)


class ConvertedTensors(Mapping[str, Array]):
    """Tensors by new names."""

    def __init__(self, tensors: Mapping[str, Array], origins: Mapping[str, Origin]):
        self._tensors, self._origins = tensors, origins

    def __getitem__(self, name: str) -> Array:
        return self._origins[name].value(self._tensors)

    def __contains__(self, name: object) -> bool:
        return name in self._origins

    def __iter__(self) -> Iterator[str]:
        return iter(self._origins)

    def __len__(self) -> int:
        return len(self._origins)

    def restored(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """Return other values of these tensors by open_clip's names and in its layouts."""
        parts: dict[str, dict[int, Array]] = {}
        for name, origin in self._origins.items():
            value = origin.restore(tensors[name])
            rows = np.cumsum([len(self._tensors[each]) for each in origin.names[:-1]])
            split = np.split(value, rows) if len(origin.names) > 1 else [value]
            for each, own in zip(origin.names, split, strict=True):
                parts.setdefault(each, {})[origin.part] = own
        made = {name: _joined(own).reshape(self._tensors[name].shape) for name, own in parts.items()}
        return {name: made.get(name, value) for name, value in self._tensors.items()}


def _joined(parts: Mapping[int, Array]) -> Array:
    return np.concatenate([parts[place] for place in sorted(parts)]) if len(parts) > 1 else parts[0]


UNUSED: Final = ("logit_scale", "logit_bias")
"""Weights that no vector depends on."""


def convert(tensors: Mapping[str, Array], origins: Mapping[str, Origin], where: str) -> ConvertedTensors:
    """Return the tensors by the names of `origins`.

    Raises:
        DataError: a tensor is missing, or would not be used.
    """
    needed = {name for origin in origins.values() for name in origin.names}
    for problem, names in (("no", needed - set(tensors)), ("unknown", set(tensors) - needed - set(UNUSED))):
        if names:
            raise DataError(
                f"{where}: {problem} tensor '{min(names)}'; is open_clip_config.json that of these weights?"
            )
    return ConvertedTensors(tensors, origins)


def layer_norm(ours: str, theirs: str) -> dict[str, Origin]:
    """Return the origins of a layer with `weight` and `bias`."""
    return {f"{ours}.{part}": Origin(f"{theirs}.{part}") for part in ("weight", "bias")}


def transformer(ours: str, theirs: str, layers: int) -> dict[str, Origin]:
    """Return the origins of the layers of one of open_clip's own transformers."""
    origins: dict[str, Origin] = {}
    for index in range(layers):
        layer, block = f"{ours}.encoder.layers.{index}", f"{theirs}.resblocks.{index}"
        for part, name in (
            ("layer_norm1", "ln_1"),
            ("layer_norm2", "ln_2"),
            ("mlp.fc1", "mlp.c_fc"),
            ("mlp.fc2", "mlp.c_proj"),
            ("self_attn.out_proj", "attn.out_proj"),
        ):
            origins |= layer_norm(f"{layer}.{part}", f"{block}.{name}")
        for place, part in enumerate(("q", "k", "v")):
            for kind in ("weight", "bias"):
                name = f"{layer}.self_attn.{part}_proj.{kind}"
                origins[name] = part_of(f"{block}.attn.in_proj_{kind}", place)
    return origins
