"""The type `Any`, which is for values that no type describes."""

import ast

from tests.conftest import ROOT

FOLDERS = ("cli", "components", "pipelines", "vitrine")
BORDERS = {
    "components/embedding_gen": "TFX's properties",
    "pipelines/platforms/spec.py": "JSON in the schemas of Kubeflow Pipelines and Vertex",
    "vitrine/classifier": "TensorFlow's feature specs",
    "vitrine/data/vectors/files.py": "Arrow's types",
    "vitrine/encoders/checkpoint.py": "JSON of Hugging Face's libraries",
    "vitrine/features": "Feast's store and rows",
    "vitrine/gateway/retrieval/milvus.py": "the client of Milvus",
    "vitrine/search/index/links.py": "the arrays of FAISS's graph",
}
"""The places that take values from a library or a file format without types, and the values."""


def test_any_is_used_at_the_borders_of_untyped_libraries_only() -> None:
    modules = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    places = [
        f"{name}:{node.lineno}"
        for path in modules
        if not (name := path.relative_to(ROOT).as_posix()).startswith(tuple(BORDERS))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Name | ast.alias) and "Any" in (getattr(node, "id", ""), getattr(node, "name", ""))
    ]
    assert places == []
