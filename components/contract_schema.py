"""ContractSchema: the schema that the data is validated against, passed as a property rather than as a file's path.

TFX's ImportSchemaGen names a file. A node on another machine would need that file at the same path, and a local run
would not notice that it has changed.
"""

from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component

from components.staging import staged

SCHEMA_FILE = "schema.pbtxt"


@component
@staged
def ContractSchema(  # noqa: N802  # a component's name is a type's
    contract: tfx.dsl.components.Parameter[str],
    schema: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Schema],
) -> None:
    """Write `contract`, the text of a Schema proto, as the artifact. Raises ParseError if it is not one."""
    from google.protobuf import text_format  # type: ignore[import-untyped]

    text_format.Parse(contract, schema_pb2.Schema())
    Path(schema.uri, SCHEMA_FILE).write_text(contract, encoding="utf-8")
