"""The interface of Evaluator, and its executor."""

from typing import ClassVar, Final

import tensorflow_model_analysis as tfma
from tfx import types
from tfx import v1 as tfx
from tfx.components.evaluator import executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import BaseChannel, Channel, artifact_utils, standard_artifacts, standard_component_specs

from components.artifacts import EMBEDDINGS, channel_parameters
from components.evaluator import extractors
from components.evaluator.vectors import embeddings_in

_EXTRACTORS: Final = f"{extractors.__name__}.{extractors.custom_extractors.__name__}"


class Executor(executor.Executor):
    """TFX's executor with `custom_extractors`."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, object],
    ) -> None:
        """Evaluate."""
        folders = tuple(artifact_utils.get_single_uri(input_dict[name]) for name in EMBEDDINGS)
        with embeddings_in(folders):
            super().Do(input_dict, output_dict, {**exec_properties, extractors.custom_extractors.__name__: _EXTRACTORS})


class EvaluatorSpec(standard_component_specs.EvaluatorSpec):
    """The channels and properties of TFX's Evaluator, and the embeddings."""

    INPUTS: ClassVar = standard_component_specs.EvaluatorSpec.INPUTS | channel_parameters(EMBEDDINGS)


class Evaluator(tfx.components.Evaluator):
    """TFX's Evaluator of the eval split, with the embeddings as further inputs."""

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: BaseChannel,
        model: BaseChannel,
        query_embeddings: BaseChannel,
        product_embeddings: BaseChannel,
        schema: BaseChannel,
        eval_config: tfma.EvalConfig,
        baseline_model: BaseChannel | None = None,
    ) -> None:
        """Connect the channels; TFX's constructor would leave out the embeddings."""
        spec = EvaluatorSpec(
            examples=examples,
            model=model,
            query_embeddings=query_embeddings,
            product_embeddings=product_embeddings,
            schema=schema,
            eval_config=eval_config,
            baseline_model=baseline_model,
            feature_slicing_spec=None,
            fairness_indicator_thresholds="null",
            example_splits="null",
            evaluation=Channel(type=standard_artifacts.ModelEvaluation),
            blessing=Channel(type=standard_artifacts.ModelBlessing),
            module_file=None,
            module_path=None,
        )
        BaseComponent.__init__(self, spec=spec)
