from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts

import modules
from components.contract_schema import ContractSchema


def write(contract: str, folder: Path) -> Path:
    schema = standard_artifacts.Schema()
    schema.uri = str(folder)
    ContractSchema.EXECUTOR_SPEC.executor_class(None).Do({}, {"schema": [schema]}, {"contract": contract})
    return folder / "schema.pbtxt"


@pytest.mark.parametrize("name", ["catalogue", "judgements"])
def test_the_contracts_become_schemas(name: str, tmp_path: Path) -> None:
    contract = (Path(modules.__file__).parent / "schemas" / f"{name}.pbtxt").read_text(encoding="utf-8")
    written = text_format.Parse(write(contract, tmp_path / "schema").read_text(), schema_pb2.Schema())
    assert "product_id" in {feature.name for feature in written.feature}


def test_text_that_is_not_a_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(text_format.ParseError, match="no field named"):
        write("columns: 3", tmp_path)
    assert list(tmp_path.iterdir()) == []
