"""The standard Trainer with an executor that gives `run_fn` local directories, wherever the artifacts are."""

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import ClassVar

from tfx import types
from tfx import v1 as tfx
from tfx.components.trainer import executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import BaseChannel, Channel, artifact_utils, standard_artifacts, standard_component_specs
from tfx.types.standard_component_specs import BASE_MODEL_KEY, CUSTOM_CONFIG_KEY, MODEL_KEY, MODEL_RUN_KEY

from components.artifacts import EMBEDDINGS, channel_parameters
from components.staging import on_disk
from vitrine.tuning.figures import FILE as TUNING
from vitrine.tuning.figures import GOES_ON, ORIGINAL, TuningFigures

CODE = "code"
"""The execution property that holds the node's code stamp (`pipelines.stamps`), and its key in the lineage."""
JUDGEMENTS = "judgements"
"""The input of judgements, and its entry in `custom_config`."""


class Executor(executor.GenericExecutor):
    """Executor that calls `run_fn` with local paths."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, object],
    ) -> None:
        """Train.

        `custom_config` gets further entries: the folders of embeddings, if they are inputs, as `embeddings`; the
        pattern of the files of the train judgements, if they are an input, as `judgements`; and the node's code stamp,
        if any, as `lineage.code`, to be recorded.
        """
        config = json.loads(str(exec_properties.get(CUSTOM_CONFIG_KEY) or "null")) or {}
        if code := exec_properties.get(CODE):
            config["lineage"] = {**config.get("lineage", {}), CODE: code}
        with on_disk(chain(*input_dict.values()), chain(*output_dict.values())):
            if embeddings := [name for name in EMBEDDINGS if input_dict.get(name)]:
                config["embeddings"] = {name: artifact_utils.get_single_uri(input_dict[name]) for name in embeddings}
            if judgements := input_dict.get(JUDGEMENTS):
                config[JUDGEMENTS] = f"{artifact_utils.get_split_uri(judgements, 'train')}/*"
            super().Do(input_dict, output_dict, {**exec_properties, CUSTOM_CONFIG_KEY: json.dumps(config)})
            _describe_tuning(output_dict)


def _describe_tuning(output_dict: dict[str, list[types.Artifact]]) -> None:
    """Name both encoders of a tuning in the lineage: the original one, and which of the two goes on."""
    runs = output_dict.get(MODEL_RUN_KEY)
    outcome = Path(artifact_utils.get_single_uri(runs), TUNING) if runs else None
    if outcome and outcome.is_file():
        figures: TuningFigures = json.loads(outcome.read_text())
        (model,) = output_dict[MODEL_KEY]
        model.set_string_custom_property(ORIGINAL, figures["original"])
        model.set_string_custom_property(GOES_ON, figures["goes_on"])


class TrainerSpec(standard_component_specs.TrainerSpec):
    """The channels and properties of TFX's Trainer, and the embeddings and judgements as optional inputs."""

    INPUTS: ClassVar = (
        standard_component_specs.TrainerSpec.INPUTS
        | channel_parameters(EMBEDDINGS, optional=True)
        | channel_parameters({JUDGEMENTS: standard_artifacts.Examples}, optional=True)
    )


class Trainer(tfx.components.Trainer):
    """TFX's Trainer with the staging executor, and with embeddings and judgements as further inputs."""

    SPEC_CLASS = TrainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        run_fn: str,
        examples: BaseChannel,
        custom_config: Mapping[str, object],
        transform_graph: BaseChannel | None = None,
        embeddings: Mapping[str, BaseChannel] | None = None,
        judgements: BaseChannel | None = None,
        base_model: BaseChannel | None = None,
        splits: tuple[str, str] | None = None,
    ) -> None:
        """Connect the channels; TFX's constructor would leave out the embeddings, by their names in `EMBEDDINGS`.

        `splits` are those of training and evaluation, by default `train` and `eval`.
        """
        train, evaluation = ([split] if split else [] for split in splits or ("", ""))
        spec = TrainerSpec(
            run_fn=run_fn,
            examples=examples,
            transform_graph=transform_graph,
            custom_config=json.dumps(custom_config),
            train_args=tfx.proto.TrainArgs(splits=train),
            eval_args=tfx.proto.EvalArgs(splits=evaluation),
            model=Channel(type=standard_artifacts.Model),
            model_run=Channel(type=standard_artifacts.ModelRun),
            **({JUDGEMENTS: judgements} if judgements else {}),
            **({BASE_MODEL_KEY: base_model} if base_model else {}),
            **(embeddings or {}),
        )
        BaseComponent.__init__(self, spec=spec)
