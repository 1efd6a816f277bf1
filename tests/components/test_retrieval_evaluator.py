from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_model_analysis.proto.validation_result_pb2 import ValidationResult

from components.retrieval_evaluator import failed_thresholds, one_label


@pytest.fixture
def evaluation(tmp_path: Path):
    """A writer of the Evaluator's output directory with a given verdict."""

    def write(verdict: str) -> str:
        with tf.io.TFRecordWriter(str(tmp_path / "validations-00000-of-00001.tfrecord")) as writer:
            writer.write(text_format.Parse(verdict, ValidationResult()).SerializeToString())
        return str(tmp_path)

    return write


def test_a_missed_floor_gives_the_value_and_the_bound(evaluation) -> None:
    verdict = """
      metric_validations_per_slice { failures {
        metric_key { name: "accuracy_above_majority" }
        metric_threshold { value_threshold { lower_bound { value: 0.05 } } }
        metric_value { double_value { value: 0.0125 } }
      } }
    """
    assert failed_thresholds(evaluation(verdict)) == [
        "classifier's accuracy_above_majority is 0.0125, and at least 0.0500 is required"
    ]


def test_a_fall_below_the_last_blessed_model_says_how_far(evaluation) -> None:
    verdict = """
      metric_validations_per_slice { failures {
        metric_key { name: "macro_f1_diff" is_diff: true }
        metric_threshold { change_threshold { absolute { value: -0.01 } direction: HIGHER_IS_BETTER } }
        metric_value { double_value { value: -0.034 } }
      } }
    """
    assert failed_thresholds(evaluation(verdict)) == [
        "classifier's macro_f1 changed by -0.0340 against the last blessed model; -0.0100 is allowed"
    ]


def test_a_refusal_without_a_failure_has_a_reason_too(evaluation) -> None:
    assert failed_thresholds(evaluation("validation_ok: false")) == [
        "the Evaluator refused the classifier: no threshold was measured"
    ]


def test_judgements_of_one_label_are_a_reason_that_says_what_to_do():
    [reason] = one_label(pa.table({"esci_label": ["E", "E"]}))
    assert reason.startswith("every held-out judgement is E, so a classifier has nothing to tell apart")
    assert "evaluator.above_majority: -1" in reason


@pytest.mark.parametrize("labels", [["E", "I"], []])
def test_other_judgements_are_no_reason(labels):
    assert one_label(pa.table({"esci_label": pa.array(labels, pa.string())})) == []
