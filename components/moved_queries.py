"""The queries whose split changes between spans, beside the examples that are made of the spans."""

import json
from collections.abc import Sequence
from typing import Final

from tfx.dsl.io import fileio
from tfx.types import Artifact

from vitrine import progress
from vitrine.data.contract.moved_queries import Move, MoveJson, sentence

MOVED: Final = "moved_queries"
"""The property of examples of spans with the number of queries that are moved from one split to the other."""
MOVED_FILE: Final = "moved_queries.json"


def write_moves(examples: Artifact, moves: Sequence[Move]) -> None:
    """Write all moves beside the examples, and note each, so that none is silent."""
    found = [move.as_json() for move in moves]
    for move in found:
        progress.note(f"moved: {sentence(move)}")
    examples.set_int_custom_property(MOVED, len({query for move in found for query in move["queries"]}))
    fileio.makedirs(examples.uri)
    with fileio.open(f"{examples.uri}/{MOVED_FILE}", "w") as file:
        file.write(json.dumps(found, indent=2, ensure_ascii=False))


def read_moves(uri: str) -> list[MoveJson]:
    """Read the moves beside examples; none if they are not of spans."""
    path = f"{uri}/{MOVED_FILE}"
    if not fileio.exists(path):
        return []
    with fileio.open(path, "r") as file:
        moves: list[MoveJson] = json.loads(file.read())
    return moves
