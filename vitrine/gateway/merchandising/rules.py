"""The rules of merchandising, as their file and the API have them. This module imports nothing heavy."""

from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, FiniteFloat, StringConstraints, model_validator

from vitrine.gateway.schemas.answers import SearchResponse
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.values import MAX_VALUES, Identifier, Query, Request, Value

MAX_RULES: Final = 1000
MAX_MOVE: Final = 3.0
"""Most standard deviations of comparable scores that a rule moves a product by: relevance goes on to lead."""
URL: Final = r"^(https?://[^\s/\\]|/[^\s/\\])[^\s\\]*$|^/$"
"""An address of a web page, or a path at the shop's own site."""


def _in_utc(time: datetime | date) -> datetime:
    """Return a time with its zone, UTC by default; of a date, its midnight."""
    if not isinstance(time, datetime):
        time = datetime(time.year, time.month, time.day)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


Time = Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)]
"""A time, or a date for its midnight; in UTC if it names no zone."""
RuleName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Condition(Request):
    """The searches that a rule applies to: those whose words are alike in every form, or of a category."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = Field(
        default=None, description="Words; inflection, case, accents, hyphens and spaces make no difference."
    )
    match: Literal["exact", "contains"] = Field(
        default="exact", description="The query has these words alone, or these words in this order among others."
    )
    category: Value | None = Field(
        default=None,
        description="The category that the search is filtered by, or that is predicted for it with a probability of at "
        "least 0.5; `kitchen` also matches `Kitchen > Mugs`, which is below it.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.query is None and self.category is None:
            raise ValueError("a rule needs a query, or a category")
        return self


class Selection(Filters):
    """Products: those with one of the ids, and those that pass the other conditions, if there are any."""

    product_id: list[Identifier] = Field(default=[], max_length=MAX_VALUES, description="Product ids.")

    @model_validator(mode="after")
    def _selects(self) -> "Selection":
        if not self.product_id and self.is_empty:
            raise ValueError("a selection needs product ids, or conditions; without any it is every product")
        return self


class Move(Selection):
    """Products that are moved up or down."""

    by: Annotated[FiniteFloat, Field(gt=0, le=MAX_MOVE)] = Field(
        default=0.5, description="Standard deviations of the comparable score."
    )


class Rule(Request):
    """A rule. `pin`, `boost` and `bury` change the order by relevance only; a request's filters hold for all."""

    name: RuleName
    when: Condition
    catalogue: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="The only catalogue that it applies to; by default all."
    )
    starts: Time | None = Field(default=None, description="The time from which it applies.")
    ends: Time | None = Field(default=None, description="The time from which it applies no more.")
    pin: list[Identifier] = Field(
        default=[], max_length=MAX_VALUES, description="Products that come first, in this order, found or not."
    )
    boost: list[Move] = Field(default=[], max_length=MAX_VALUES, description="Products that are moved up.")
    bury: list[Move] = Field(default=[], max_length=MAX_VALUES, description="Products that are moved down.")
    hide: list[Selection] = Field(default=[], max_length=MAX_VALUES, description="Products that are left out.")
    redirect: Annotated[str, Field(pattern=URL, max_length=2000)] | None = Field(
        default=None, description="A web address, or a path that begins with `/`, to lead the shopper to."
    )

    @model_validator(mode="after")
    def _does_something(self) -> "Rule":
        if not (self.pin or self.boost or self.bury or self.hide or self.redirect):
            raise ValueError(f"rule {self.name!r} does nothing; give it pin, boost, bury, hide or redirect")
        if self.starts and self.ends and self.starts >= self.ends:
            raise ValueError(f"rule {self.name!r} ends before it starts")
        if len(set(self.pin)) < len(self.pin):
            raise ValueError(f"rule {self.name!r} pins a product twice")
        return self

    def applies_at(self, time: datetime) -> bool:
        """Return whether `time`, with its zone, is between start and end."""
        return (self.starts is None or self.starts <= time) and (self.ends is None or time < self.ends)


Rules = Annotated[list[Rule], Field(max_length=MAX_RULES)]


class RuleSet(Request):
    """All rules. Where two disagree, the earlier one decides: its pins come first, and its redirect counts."""

    rules: Rules

    @model_validator(mode="after")
    def _have_names(self) -> "RuleSet":
        names = [rule.name for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are called {twice[0]!r}")
        return self


class RulesRequest(RuleSet):
    """New rules in place of all present ones."""

    version: str = Field(max_length=64, description="The version that was read, and that these rules replace.")


class PreviewRequest(RuleSet):
    """A search with rules that do not apply yet."""

    query: Query = Field(min_length=1)
    catalogue: Annotated[str, Field(max_length=64)] | None = None
    time: Time | None = Field(default=None, description="The time at which the rules are looked at; by default now.")
    k: Annotated[int, Field(ge=1, le=100)] = 24


class PreviewResponse(BaseModel):
    """A search without rules, and with those of the request."""

    before: SearchResponse
    after: SearchResponse


class RuleVersion(BaseModel):
    """A version of the rules that is kept."""

    version: str
    time: datetime = Field(description="The time at which it was written.")
    is_present: bool = Field(description="True if these are the present rules.")


class PresentRules(RuleSet):
    """The present rules."""

    version: str = Field(description="To be sent with rules that replace these.")
