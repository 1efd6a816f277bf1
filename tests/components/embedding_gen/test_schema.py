from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.embedding_gen.schema import join_schemas
from pipelines.stages.contracts import SCHEMAS


def contract(name: str) -> schema_pb2.Schema:
    return text_format.Parse((SCHEMAS / f"{name}.pbtxt").read_text(), schema_pb2.Schema())


def test_the_joined_rows_have_every_feature_once() -> None:
    joined = join_schemas(contract("judgements"), contract("catalogue"))
    kinds = {feature.name: schema_pb2.FeatureType.Name(feature.type) for feature in joined.feature}
    assert kinds == {
        **dict.fromkeys(("query_id", "query", "product_id", "esci_label", "source"), "BYTES"),
        **dict.fromkeys(("title", "description", "brand", "color", "category"), "BYTES"),
        **dict.fromkeys(("has_image", "query_row", "product_row"), "INT"),
        **dict.fromkeys(("gain", "weight"), "FLOAT"),
    }
    assert len(kinds) == len(joined.feature)
    required = {
        feature.name
        for feature in joined.feature
        if feature.presence.min_fraction == 1.0 and [dim.size for dim in feature.shape.dim] == [1]
    }
    assert required == set(kinds) - {"gain", "source", "weight"}
    assert [list(domain.value) for domain in joined.string_domain] == [["E", "S", "C", "I"]]
