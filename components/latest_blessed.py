"""The baseline of a new model: the latest blessed model other than the new one."""

import ml_metadata as mlmd
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

CURRENT_MODEL_ID = "current_model_id"
BLESSED = "blessed"


class LatestBlessedOtherModel(ResolverStrategy):
    """Resolver of the latest blessed model other than the one in the channel `candidate`.

    With TFX's LatestBlessedModelStrategy, a run that changes nothing finds its own cached model as the baseline. The
    Evaluator's inputs then change, and everything downstream runs again to compare a model with itself.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels with one model and its blessing, or with neither."""
        del store
        candidates = {artifact.id for artifact in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property(CURRENT_MODEL_ID): blessing
            for blessing in sorted(input_dict["model_blessing"], key=lambda artifact: artifact.id)
            if blessing.get_int_custom_property(BLESSED) == 1
        }
        models = [model for model in input_dict["model"] if model.id in blessings and model.id not in candidates]
        latest = max(models, key=lambda model: model.id, default=None)
        return {
            "model": [latest] if latest else [],
            "model_blessing": [blessings[latest.id]] if latest else [],
            "candidate": input_dict["candidate"],
        }
