"""The extractors of TFMA, named by module path. TFX reloads this module at every call, so it must keep no state."""

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.extractors import extractor, unbatch_extractor
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.pruning import prune_extracts
from components.evaluator.vectors import add_vectors


def custom_extractors(
    eval_shared_model: object, eval_config: config_pb2.EvalConfig, tensor_adapter_config: object
) -> list[extractor.Extractor]:
    """Return TFMA's extractors, with one that adds the vectors before them, and one that drops them after predictions.

    TFX's Evaluator calls this, without the inputs of its node; see `components.evaluator.vectors`.
    """
    of_batches = tfma.default_extractors(
        eval_shared_model=eval_shared_model, eval_config=eval_config, tensor_adapter_config=tensor_adapter_config
    )
    stages = [each.stage_name for each in of_batches]
    of_examples = stages.index(unbatch_extractor.UNBATCH_EXTRACTOR_STAGE_NAME)
    return [
        extractor.Extractor("AddVectors", add_vectors()),
        *of_batches[:of_examples],
        extractor.Extractor("PruneExtracts", prune_extracts(eval_config)),
        *of_batches[of_examples:],
    ]
