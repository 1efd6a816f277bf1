"""Settings of audits. Imports nothing heavy."""

from typing import Final

from pydantic import Field, PositiveInt, field_validator

from vitrine.settings import Section

SUITES: Final = ("robustness", "refusals", "pictures", "groups", "exposure", "labels", "space")
"""The names of the suites, in the order of the report."""


class AuditSettings(Section):
    """Settings of `vitrine audit`, and of the gate before a push."""

    suites: tuple[str, ...] = Field(SUITES, description="suites to run")
    queries: PositiveInt = Field(150, description="held-out queries that are asked in each form, at most")
    judged_queries: PositiveInt = Field(
        1000, description="held-out queries whose judgements are compared with exposure and with labels, at most"
    )
    images: PositiveInt = Field(60, description="images of products that are asked in each form, at most")
    seed: int = Field(0, ge=0, description="seed of all chance")
    worst: PositiveInt = Field(10, description="queries that are listed with their results")
    categories: PositiveInt = Field(20, description="products that are asked for in the name of each group, at most")
    tolerance: float = Field(
        0.1, ge=0, description="difference of groups that is not flagged; of prices and counts it is a share"
    )
    exposure_ratio: float = Field(
        0.8, gt=0, le=1, description="attention as a share of what is deserved, below which a group is flagged"
    )
    gate: dict[str, float] = Field(
        default={},
        description="bounds by the key of a figure, which may have wildcards: `robustness.typo_*.ndcg_loss: 0.05`; a "
        "push is refused if one is missed",
    )

    @field_validator("suites")
    @classmethod
    def _are_known(cls, suites: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [suite for suite in suites if suite not in SUITES]
        if unknown or not suites:
            raise ValueError(f"expected some of {', '.join(SUITES)}")
        return suites

    @field_validator("gate")
    @classmethod
    def _name_suites(cls, gate: dict[str, float]) -> dict[str, float]:
        for key in gate:
            if key.partition(".")[0] not in SUITES:
                raise ValueError(f"{key!r} starts with no suite; expected one of {', '.join(SUITES)}, then a figure")
        return gate

    @property
    def gated_suites(self) -> tuple[str, ...]:
        """The suites whose figures the gate names."""
        named = {key.partition(".")[0] for key in self.gate}
        return tuple(suite for suite in SUITES if suite in named)
