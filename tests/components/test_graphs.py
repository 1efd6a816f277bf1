"""The graphs that Flink, Spark and Dataflow are given, built here without any of them."""

import base64
import bz2
import re
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow as tf
from apache_beam.internal import pickler
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.portability.portable_runner import PortableRunner

from components.csv_example_gen import convert_files
from components.embedding_gen.encode import Encoding
from components.embedding_gen.executor import encode_entities, join_examples
from components.embedding_gen.parts import Parts
from components.example_inputs import input_groups
from pipelines.beam.arguments import beam_arguments
from tests.components.embedding_run import prepare
from tests.pipelines.platforms.specs import run_settings
from tests.ram_bucket import BUCKET
from vitrine.embeddings.settings import EncodingSettings

IMAGE = "registry.example/vitrine/beam:1.0"
CLUSTERS = {
    "flink": f"{{job_server: 'jobs:8099', image: '{IMAGE}'}}",
    "spark": f"{{master: 'spark://spark:7077', image: '{IMAGE}'}}",
    "dataflow": f"{{project: shop, image: '{IMAGE}', temp: 'gs://bucket/temp'}}",
}
OF_RESHUFFLE = {"nullable", "tuple"}  # inside Beam's own Reshuffle, which every runner replaces or knows
CODERS = {"bytes", "global_window", "iterable", "kv", "pickled_python", "string_utf8", "varint", *OF_RESHUFFLE}
FILE = "beam:artifact:type:file:v1"


@pytest.fixture(scope="module")
def embedding_gen() -> Callable[[beam.Pipeline], None]:
    """A function that adds both steps of EmbeddingGen to a pipeline, on artifacts in a bucket."""
    run = prepare(f"{BUCKET}/graphs/run")
    (judgements,), (catalogue,) = run.inputs["judgements"], run.inputs["catalogue"]
    encoder = f"{run.inputs['encoder'][0].uri}/Format-Serving"
    queries, products = (run.outputs[name][0].uri for name in ("query_embeddings", "product_embeddings"))
    settings = EncodingSettings(image_root="gs://bucket/images", shards=3)
    parts = Parts.of_new_run(f"{BUCKET}/graphs/encoded", "encoding")

    def add(pipeline: beam.Pipeline) -> None:
        encode_entities(pipeline, Encoding("queries", encoder, settings, parts, (), queries, 3), judgements)
        encode_entities(pipeline, Encoding("products", encoder, settings, parts, (), products, 8), catalogue)
        join_examples(pipeline, judgements, queries, products, run.outputs["examples"][0])

    return add


def example_gen(pipeline: beam.Pipeline) -> None:
    """Add ExampleGen's conversion of CSV files in a bucket."""
    tf.io.gfile.makedirs(f"{BUCKET}/graphs/catalogue")
    with tf.io.gfile.GFile(f"{BUCKET}/graphs/catalogue/a.csv", "w") as file:
        file.write("product_id,title\n1,mug\n")
    groups = input_groups(f"{BUCKET}/graphs", "catalogue/*.csv", "")
    convert_files(pipeline, "catalogue/*.csv", groups, f"{BUCKET}/graphs/examples")


def graph(runner: str, add: Callable[[beam.Pipeline], None]) -> api.Pipeline:
    """Return the proto that the runner would get. Dataflow's dry run makes a job without calling the service."""
    arguments = beam_arguments(run_settings(f"beam.runner={runner}", f"beam.{runner}={CLUSTERS[runner]}").beam)
    pipeline = beam.Pipeline(argv=[*arguments, *(["--dry_run=True"] if runner == "dataflow" else [])])
    add(pipeline)
    if runner == "dataflow":
        return pipeline.run().job.proto_pipeline
    return PortableRunner.get_proto_pipeline(pipeline, pipeline.options)


@pytest.fixture(scope="module", params=["EmbeddingGen", "ExampleGen"])
def graphs(request: pytest.FixtureRequest, embedding_gen: Callable[[beam.Pipeline], None]) -> dict[str, api.Pipeline]:
    add = embedding_gen if request.param == "EmbeddingGen" else example_gen
    return {runner: graph(runner, add) for runner in CLUSTERS}


def pickled(graph: api.Pipeline) -> list[bytes]:
    """Return all that workers unpickle: DoFns, coders, type hints."""
    return re.findall(rb"QlpoO[A-Za-z0-9+/]+=*", graph.SerializeToString())


@pytest.mark.parametrize("runner", CLUSTERS)
def test_all_code_runs_in_the_image_and_brings_nothing_to_install(graphs: dict[str, api.Pipeline], runner: str) -> None:
    (environment,) = graphs[runner].components.environments.values()
    assert environment.urn == "beam:env:docker:v1"
    assert api.DockerPayload.FromString(environment.payload).container_image == IMAGE
    staged = [api.ArtifactFilePayload.FromString(item.type_payload).path for item in environment.dependencies]
    assert {item.type_urn for item in environment.dependencies} <= {FILE}
    listed = ["submission_environment_dependencies.txt"] if runner == "dataflow" else []  # a list, for people
    assert [Path(path).name for path in staged] == listed


@pytest.mark.parametrize("runner", CLUSTERS)
def test_workers_can_unpickle_everything_and_find_no_path_of_this_machine(
    graphs: dict[str, api.Pipeline], runner: str
) -> None:
    payloads = pickled(graphs[runner])
    assert payloads
    for payload in payloads:
        pickler.loads(payload)
        local = re.findall(rb"/(?:home|root|tmp|work|Users)/[\w./-]+", bz2.decompress(base64.b64decode(payload)))
        assert [path for path in local if b"/site-packages/apache_beam" not in path] == []


@pytest.mark.parametrize("runner", CLUSTERS)
def test_coders_are_those_that_every_runner_has(graphs: dict[str, api.Pipeline], runner: str) -> None:
    names = {coder.spec.urn.split(":")[2] for coder in graphs[runner].components.coders.values()}
    assert names <= CODERS


def test_queries_are_grouped_by_a_number(embedding_gen: Callable[[beam.Pipeline], None]) -> None:
    parts = graph("flink", embedding_gen).components
    grouped = [transform for transform in parts.transforms.values() if transform.unique_name == "Group queries"]
    assert len(grouped) == 1
    for transform in grouped:
        (collection,) = transform.inputs.values()
        pair = parts.coders[parts.pcollections[collection].coder_id]
        assert pair.spec.urn == "beam:coder:kv:v1"
        assert parts.coders[pair.component_coder_ids[0]].spec.urn == "beam:coder:varint:v1"
