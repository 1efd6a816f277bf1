"""The settings of `vitrine simulate clicks`. This module imports nothing heavy."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from vitrine.settings import Section


class SimulationSettings(Section):
    """The users, their searches, and their clicks."""

    model: Literal["pbm", "cascade", "dbn"] = Field("pbm", description="the user model")
    eta: NonNegativeFloat = Field(1, description="pbm: position r, from 1, is examined with probability r^-eta")
    continuation: float = Field(0.9, ge=0, le=1, description="dbn: the probability that an unsatisfied user goes on")
    noise: float = Field(0.05, ge=0, lt=1, description="the probability of a click on an examined irrelevant product")
    swaps: float = Field(0, ge=0, le=1, description="share of searches in which neighbours are swapped at random")
    bots: float = Field(0, ge=0, lt=1, description="share of all searches that programs make, which click at random")
    purchases: float = Field(0.1, ge=0, le=1, description="the probability that a clicked exact product is bought")
    users: PositiveInt = Field(500, description="users who search")
    searches: PositiveInt = Field(10_000, description="searches, those of programs included")
    k: int = Field(10, ge=1, le=100, description="products of a page")
    days: PositiveFloat = Field(14, description="days that the searches are spread over, until now")
    popularity: NonNegativeFloat = Field(
        0.7, description="the query of rank r is searched for in proportion to r^-this"
    )
    seed: int = Field(0, ge=0)
