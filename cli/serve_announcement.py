"""The lines that `vitrine serve` prints at its start: addresses, models, and an example request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from vitrine.saved_model.session import DEFAULT_SIGNATURE
from vitrine.serving.lifecycle.manager import ServableManager

if TYPE_CHECKING:
    from pydantic import JsonValue

    from vitrine.saved_model.session import Signature
    from vitrine.serving.lifecycle.servable import Servable

_EXAMPLES: Final[dict[str, JsonValue]] = {"string": "red striped mug", "bool": True, "float": 0.5, "double": 0.5}
_LARGEST_EXAMPLE: Final = 8
"""The most numbers in an input row that is shown as an example."""


def announcement(url: str, grpc: str | None, servables: ServableManager, searchable: bool = False) -> str:
    """Format the addresses and the models of a running server, and an example request.

    `searchable` tells whether the server also serves the gateway.
    """
    loaded = servables.loaded()
    lines = [f"Serving on {url} (Ctrl+C to stop)"]
    if grpc:
        lines.append(f"  gRPC on {grpc}")
    if searchable:
        lines.append(f"  search page on {url}/")
    lines += [
        f"  {servable.name} version {servable.version}: {', '.join(sorted(servable.signatures))}" for servable in loaded
    ]
    if not loaded:
        return "\n".join(lines)
    example = next(filter(None, (_example(url, servable) for servable in reversed(loaded))), None)
    fallback = f"  curl {url}/v1/models/{loaded[0].name}/metadata"
    return "\n".join([*lines, "Try", example or fallback])


def _example(url: str, servable: Servable) -> str | None:
    """Return a `curl` command for the default signature, or None if its input rows are too long to type."""
    signature = servable.signatures.get(DEFAULT_SIGNATURE)
    row = _example_row(signature) if signature else None
    if row is None:
        return None
    return f"  curl -d '{json.dumps({'instances': [row]})}' {url}/v1/models/{servable.name}:predict"


def _example_row(signature: Signature) -> JsonValue:
    row: dict[str, JsonValue] = {}
    for name, type_name in signature.inputs.items():
        sizes = [dim.size for dim in signature.definition.inputs[name].tensor_shape.dim][1:]
        # Serialised examples and images are strings, too, but cannot be typed.
        if len(sizes) > 1 or max(sizes, default=1) > _LARGEST_EXAMPLE or name == "examples" or name.endswith("_bytes"):
            return None
        value = _EXAMPLES.get(type_name, 1)
        row[name] = [value] * max(sizes[0], 1) if sizes else value
    return next(iter(row.values())) if len(row) == 1 else row
