import pytest
from tfx.types import standard_artifacts

from components.latest_blessed import LatestBlessedOtherModel

Model, Blessing = standard_artifacts.Model, standard_artifacts.ModelBlessing


def models(*ids: int) -> list[Model]:
    artifacts = []
    for number in ids:
        model = Model()
        model.id = number
        artifacts.append(model)
    return artifacts


def blessing(number: int, model: int, blessed: int = 1) -> Blessing:
    artifact = Blessing()
    artifact.id = number
    artifact.set_int_custom_property("current_model_id", model)
    artifact.set_int_custom_property("blessed", blessed)
    return artifact


def resolve(models_: list[Model], blessings: list[Blessing], candidate: int) -> tuple[list[int], list[int]]:
    resolved = LatestBlessedOtherModel().resolve_artifacts(
        None, {"model": models_, "model_blessing": blessings, "candidate": models(candidate)}
    )
    assert [artifact.id for artifact in resolved["candidate"]] == [candidate]
    return [artifact.id for artifact in resolved["model"]], [artifact.id for artifact in resolved["model_blessing"]]


def test_the_latest_blessed_model_is_the_baseline_whatever_the_order() -> None:
    blessings = [blessing(12, 2), blessing(11, 1), blessing(13, 3)]
    assert resolve(models(3, 1, 2, 4), blessings, candidate=4) == ([3], [13])


def test_a_cached_candidate_is_not_its_own_baseline() -> None:
    assert resolve(models(1, 2), [blessing(11, 1), blessing(12, 2)], candidate=2) == ([1], [11])


def test_a_refused_model_is_no_baseline() -> None:
    assert resolve(models(1, 2), [blessing(11, 1), blessing(12, 2, blessed=0)], candidate=3) == ([1], [11])


def test_models_of_other_trainers_are_passed_over() -> None:
    # ClipTrainer's and SearchModelGen's outputs are Models too; the Evaluator blesses none of them.
    assert resolve(models(1, 5, 6), [blessing(11, 1)], candidate=7) == ([1], [11])


@pytest.mark.parametrize("blessings", [[], [blessing(11, 1)]])
def test_the_first_run_has_no_baseline(blessings: list[Blessing]) -> None:
    assert resolve(models(1), blessings, candidate=1) == ([], [])


def test_of_two_verdicts_on_one_model_either_blessing_counts() -> None:
    verdicts = [blessing(11, 1), blessing(12, 1, blessed=0), blessing(13, 1)]
    assert resolve(models(1, 2), verdicts, candidate=2) == ([1], [13])
