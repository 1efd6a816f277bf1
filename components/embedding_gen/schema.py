"""The schema of the joined examples: features of both contracts, and the row numbers of the vectors."""

from tensorflow_metadata.proto.v0 import schema_pb2

from vitrine.data import columns


def join_schemas(judgements: schema_pb2.Schema, catalogue: schema_pb2.Schema) -> schema_pb2.Schema:
    """Return the judgements' schema with the product's text features, the vectors' row numbers, `has_image` and `gain`.

    After the join every feature is present once in each row, and so has a fixed shape. Exceptions are the gain, the
    query's source and the weight, which a request to the exported classifier may leave out.
    """
    joined = schema_pb2.Schema()
    joined.CopyFrom(judgements)
    for feature in catalogue.feature:
        if feature.name in columns.PRODUCT_TEXT:
            joined.feature.add().CopyFrom(_required(feature.name, schema_pb2.BYTES))
    for name in (columns.HAS_IMAGE, columns.QUERY_ROW, columns.PRODUCT_ROW):
        joined.feature.add().CopyFrom(_required(name, schema_pb2.INT))
    gain = joined.feature.add(name=columns.GAIN, type=schema_pb2.FLOAT)
    gain.value_count.max = 1  # no fixed shape, so that requests may leave it out
    return joined


def _required(name: str, kind: "schema_pb2.FeatureType") -> schema_pb2.Feature:
    feature = schema_pb2.Feature(name=name, type=kind)
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = 1
    feature.shape.dim.add(size=1)
    return feature
