"""Prompts and the cut of vectors, from `config_sentence_transformers.json` and the settings, which win.

sentence-transformers' `encode_query` puts the prompt `query` before a text and `encode_document` the prompt `document`.
A default prompt of another name is for both, as its `encode` has it.
"""

import json
from typing import Final, NamedTuple

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import json_object, positive_int
from vitrine.encoders.known_fields import SENTENCE_TRANSFORMERS, optional_json, require_known, require_values
from vitrine.encoders.sentence.modules import Modules
from vitrine.encoders.settings import SentenceOptions
from vitrine.errors import DataError

FILE: Final = "config_sentence_transformers.json"
QUERY, DOCUMENT = "query", "document"
OTHERS: Final = ("passage", "corpus")
"""Names that `encode_document` looks for after `document`, but never reaches: it has an empty prompt of that name."""


class Options(NamedTuple):
    """The prompt of queries, that of the catalogue's texts, and D, the length of the vectors.

    `document` is None if the files do not tell; `undecided` is then the reason.
    """

    query: str
    document: str | None
    undecided: str
    dimension: int


def read_options(checkpoint: Checkpoint, modules: Modules, length: int) -> Options:
    """Read the file, for an encoder whose modules give vectors of `length`.

    Raises:
        DataError: a field is not known, or not supported.
    """
    fields, where = optional_json(checkpoint, FILE), f"{checkpoint.origin}/{FILE}"
    require_known(fields, where, SENTENCE_TRANSFORMERS, strict=True)
    require_values(fields, where, {"model_type": "SentenceTransformer"})
    unit = bool(modules.heads) and modules.heads[-1].kind == "Normalize"
    if fields.get("similarity_fn_name") not in (None, "cosine") and not unit:
        raise DataError(
            f"{where}: similarity_fn_name is '{fields['similarity_fn_name']}', which needs vectors' lengths; here "
            "all have length 1, so only 'cosine' is supported"
        )
    query, document, undecided = _prompts(fields, where)
    cut = positive_int(fields.get("truncate_dim") or length, f"{where}: truncate_dim")
    if cut > length:
        raise DataError(f"{where}: truncate_dim is {cut}, but the vectors have {length} dimensions")
    return Options(query, document, undecided, cut)


def with_options(checkpoint: Checkpoint, given: SentenceOptions) -> Checkpoint:
    """Return the checkpoint with these prompts and this length of vectors in its files.

    Raises:
        DataError: the file's own prompts are not readable.
    """
    fields = optional_json(checkpoint, FILE)
    changed = dict(fields)
    query, document, dimension = given
    if query is not None or document is not None:
        own_query, own_document, _ = _prompts(fields, f"{checkpoint.origin}/{FILE}")
        chosen = own_document if document is None else document
        others = fields["prompts"] if chosen is None else {DOCUMENT: chosen}
        changed |= {"prompts": others | {QUERY: own_query if query is None else query}, "default_prompt_name": None}
    if dimension is not None:
        changed["truncate_dim"] = dimension
    if changed == fields:
        return checkpoint
    files = {**checkpoint.files, FILE: json.dumps(changed, indent=2, ensure_ascii=False).encode()}
    return Checkpoint(checkpoint.origin, files, checkpoint.tensors)


def _prompts(fields: Json, where: str) -> tuple[str, str | None, str]:
    """Return the prompts of queries and of documents, and why the latter is None."""
    given = json_object(fields.get("prompts") or {}, f"{where}: prompts")
    prompts = {name: text or "" for name, text in given.items()}
    if not all(isinstance(text, str) for text in prompts.values()):
        raise DataError(f"{where}: prompts has a value that is not a text")
    default = fields.get("default_prompt_name")
    if default is not None and default not in list(prompts):  # it may be of any type
        raise DataError(f"{where}: default_prompt_name '{default}' is not one of the prompts {list(prompts)}")
    both = prompts[default] if default not in (None, QUERY, DOCUMENT, *OTHERS) else ""
    query, document = prompts.get(QUERY) or both, prompts.get(DOCUMENT) or both
    other = next((name for name in OTHERS if prompts.get(name)), None)
    if document or not other:
        return query, document, ""
    undecided = (
        f"{where}: prompts has '{other}' but no '{DOCUMENT}', so sentence-transformers' encode_document uses none; "
        f"set encoder.document_prompt to '{prompts[other]}' or to ''"
    )
    return query, None, undecided
