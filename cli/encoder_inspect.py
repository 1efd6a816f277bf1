"""`vitrine encoder inspect`: what an encoder computes, and whether its vectors are those of a reference."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.garbage_collection import no_collection
from cli.terminal.output import quiet_tensorflow
from vitrine.errors import RefusedError

if TYPE_CHECKING:
    from pydantic import JsonValue

SHOWN: Final = 60
"""Characters of a text that are printed."""


@click.command(name="inspect")
@click.argument("source")
@click.option("--query-prompt", help="The text before queries, instead of the checkpoint's own.")
@click.option("--document-prompt", help="The text before products' texts, instead of the checkpoint's own.")
@click.option("--dimension", type=click.IntRange(min=1), help="Cut vectors to this many numbers.")
@click.option(
    "--reference",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="TEXTS.json VECTORS.npy",
    help="Compare with these vectors of these texts.",
)
@click.option("--documents", is_flag=True, help="The texts of the reference are products' texts, not queries.")
@click.option("--json", "as_json", is_flag=True, help="Print the description as JSON.")
def command(
    source: str,
    query_prompt: str | None,
    document_prompt: str | None,
    dimension: int | None,
    reference: tuple[Path, Path] | None,
    documents: bool,
    as_json: bool,
) -> None:
    """Print what the encoder in SOURCE computes: its model, tokenizer, modules, prompts and fingerprint.

    \b
    vitrine encoder inspect models/e5-small
    vitrine encoder inspect models/e5-small --reference texts.json vectors.npy

    SOURCE is that of the setting encoder.source: a directory, hub:ORG/NAME or package:NAME. With --reference, the exit
    code is 4 if the cosine of any text's vector to its reference is below 0.999.
    """  # noqa: D301 - click reads the escape
    quiet_tensorflow()
    with no_collection():
        from vitrine.encoders.inspection import LEAST_COSINE, compare, describe, read_reference
        from vitrine.encoders.loading import inspect_encoder
        from vitrine.encoders.settings import SentenceOptions
    expected = read_reference(*reference) if reference else None
    encoder = inspect_encoder(source, SentenceOptions(query_prompt, document_prompt, dimension))
    described = describe(encoder)
    comparison = compare(encoder, *expected, documents) if expected else None
    if comparison:
        described["reference"] = comparison._asdict()
    click.echo(json.dumps(described, indent=2, ensure_ascii=False) if as_json else "\n".join(_lines(described)))
    if comparison and not comparison.passes:
        text = comparison.worst if len(comparison.worst) <= SHOWN else f"{comparison.worst[:SHOWN]}…"
        raise RefusedError(
            f"{source}: not the reference's vectors: the cosine of '{text}' is {comparison.minimum:.4f}, below "
            f"{LEAST_COSINE}"
        )


def _lines(described: "dict[str, JsonValue]") -> list[str]:
    width = max(map(len, described)) + 2
    return [f"{name.replace('_', ' '):{width}}{_shown(value)}" for name, value in described.items() if value != ""]


def _shown(value: "JsonValue") -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return f"cosine {value['minimum']:.6f} at least, {value['median']:.6f} in the median"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not decided"
    return repr(value) if str(value).endswith(" ") else str(value)
