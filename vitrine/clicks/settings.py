"""The settings of `vitrine learn`. This module imports nothing heavy."""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from vitrine.settings import Section

ModelName = Literal["pbm", "pbm_swaps", "cascade", "dbn"]


class FilterSettings(Section):
    """The rules by which parts of a log are left out before it is learnt from."""

    own_users: list[str] = Field([], description="users who test; NAME* is every user whose id begins with NAME")
    anonymous: bool = Field(False, description="keep searches without a user's id, each as a user of its own")
    repeat_minutes: NonNegativeFloat = Field(
        30, description="a product that a user clicked does not count again for the same query within this time"
    )
    bot_deviations: PositiveFloat = Field(
        6, description="robust standard deviations above the median user from which a user is a bot; see `bots`"
    )
    bot_per_minute: PositiveInt = Field(20, description="searches in a minute that every user may make")
    bot_per_day: PositiveInt = Field(200, description="searches in a day that every user may make")
    bot_click_share: float = Field(0.5, gt=0, le=1, description="share of shown products that every user may click")


class ModelSettings(Section):
    """The click models and how one of them is chosen."""

    candidates: list[ModelName] = Field(["pbm", "pbm_swaps", "cascade", "dbn"], min_length=1)
    depth: int = Field(20, ge=1, le=200, description="positions from the first that are learnt from")
    held_out: float = Field(0.2, gt=0, lt=0.9, description="share of the users whose searches decide for a model")
    choice_searches: PositiveInt = Field(20_000, description="searches, of random users, that the choice looks at")
    prior: PositiveFloat = Field(0.5, description="strength of the prior of a product's attraction, in impressions")
    iterations: PositiveInt = Field(200, description="largest number of steps of expectation maximisation")
    tolerance: PositiveFloat = Field(1e-6, description="gain of log-likelihood by impression at which it ends")
    seed: int = Field(0, ge=0)


class RelevanceSettings(Section):
    """Relevance of pairs, and what a pair must have to become a judgement."""

    half_life_days: PositiveFloat = Field(30, description="age at which a search counts half")
    purchase: float = Field(3, ge=1, description="clicks that a purchase counts as")
    support: NonNegativeFloat = Field(5, description="least number of examined impressions, after ageing")
    users: PositiveInt = Field(3, description="least number of users to whom the pair was shown")
    exact: float = Field(0.6, gt=0, le=1, description="without people's judgements: E from this share of the top on")
    substitute: float = Field(0.25, gt=0, le=1, description="without people's judgements: S from this share on")
    calibration_pairs: PositiveInt = Field(50, description="pairs judged by people that thresholds are chosen on")
    folds: int = Field(5, ge=2, le=20, description="folds of queries for figures on queries that nothing was chosen on")

    @model_validator(mode="after")
    def _are_in_order(self) -> Self:
        if self.substitute >= self.exact:
            raise ValueError("relevance.substitute must be below relevance.exact")
        return self


class MixtureSettings(Section):
    """The weight of clicks beside people's judgements."""

    weight: float | None = Field(None, ge=0, le=1, description="a fixed weight; by default it is chosen")
    candidates: list[float] = Field([0, 0.1, 0.25, 0.5, 1], min_length=1)
    queries: PositiveInt = Field(40, description="least number of queries judged both ways that it is chosen on")
    default: float = Field(0.5, gt=0, le=1, description="the weight where there are fewer")

    @model_validator(mode="after")
    def _are_weights(self) -> Self:
        if not all(0 <= weight <= 1 for weight in self.candidates):
            raise ValueError("mixture.candidates must be numbers from 0 to 1")
        return self


class LearningSettings(Section):
    """All settings of `vitrine learn`."""

    filters: FilterSettings = FilterSettings()
    model: ModelSettings = ModelSettings()
    relevance: RelevanceSettings = RelevanceSettings()
    mixture: MixtureSettings = MixtureSettings()
