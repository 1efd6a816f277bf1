"""TFX's DistributionValidator, with the thresholds of a contract's schema, and a baseline that may be missing."""

from collections.abc import Sequence

from google.protobuf import text_format  # type: ignore[import-untyped]
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.distribution_validator import executor
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import distribution_validator_pb2
from tfx.types import Artifact, BaseChannel, Channel, standard_artifacts
from tfx.types import standard_component_specs as specs
from tfx.types.component_spec import ChannelParameter
from tfx.utils import json_utils


class DistributionValidatorSpec(specs.DistributionValidatorSpec):
    """TFX's spec with an optional baseline: a first run has none, and TFX would not run the node."""

    INPUTS = specs.DistributionValidatorSpec.INPUTS | {
        specs.BASELINE_STATISTICS_KEY: ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True)
    }


class Executor(executor.Executor):
    """TFX's executor, which needs the key of the baseline."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, object],
    ) -> object:
        """Compare the statistics with the baseline's, if there is one."""
        return super().Do({specs.BASELINE_STATISTICS_KEY: [], **input_dict}, output_dict, exec_properties)


class DistributionValidator(base_component.BaseComponent):
    """Comparison of the distributions of features that have a `drift_comparator` or `skew_comparator` in a contract."""

    SPEC_CLASS = DistributionValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        statistics: BaseChannel,
        baseline: BaseChannel | None,
        config: distribution_validator_pb2.DistributionValidatorConfig,
        split_pairs: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Compare `statistics` with a `baseline`: each split with its own or, of `split_pairs`, the first with the
        second.
        """
        inputs = {specs.STATISTICS_KEY: statistics}
        if baseline is not None:
            inputs[specs.BASELINE_STATISTICS_KEY] = baseline
        super().__init__(
            spec=DistributionValidatorSpec(
                **inputs,
                **{
                    specs.DISTRIBUTION_VALIDATOR_CONFIG_KEY: config,
                    specs.INCLUDE_SPLIT_PAIRS_KEY: json_utils.dumps(list(split_pairs) or None),
                    specs.ANOMALIES_KEY: Channel(type=standard_artifacts.ExampleAnomalies),
                },
            )
        )


def drift_config(contract: str, comparator: str) -> distribution_validator_pb2.DistributionValidatorConfig:
    """Return the comparisons of a contract, the text of a Schema proto: its features' `drift_comparator` or
    `skew_comparator`, whichever `comparator` names.
    """
    schema = text_format.Parse(contract, schema_pb2.Schema())
    config = distribution_validator_pb2.DistributionValidatorConfig()
    for feature in schema.feature:
        if feature.HasField(comparator):
            compared = config.default_slice_config.feature.add()
            compared.path.step.append(feature.name)
            compared.distribution_comparator.CopyFrom(getattr(feature, comparator))
    return config
