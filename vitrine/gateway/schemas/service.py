"""The state of the gateway and of its catalogues, insights, and the body of errors."""

from typing import Literal

from pydantic import BaseModel, Field

from vitrine.gateway.schemas.facets import Facets
from vitrine.monitoring.figures import QueryFigures, Rising


class Insights(BaseModel):
    """The queries of the event log's last days, compared with the days before."""

    since: float = Field(description="The start of the days, in seconds since 1970.")
    until: float = Field(description="Their end.")
    searches: int = Field(description="The number of searches with words, of first pages.")
    top: list[QueryFigures] = Field(description="The queries of most users.")
    no_result: list[QueryFigures] = Field(description="The queries without results.")
    no_click: list[QueryFigures] = Field(description="Queries with results that are clicked less than others.")
    rising: list[Rising] = Field(description="The queries whose share of users rose.")
    rising_words: list[Rising] = Field(description="The words whose share of users rose.")
    takes_synonyms: bool = Field(description="True if `POST /synonyms` can add synonyms.")
    takes_rules: bool = Field(description="True if `PUT /rules` can change the rules of merchandising.")


class CatalogueInfo(BaseModel):
    """A catalogue and the version that is served."""

    name: str
    model: str
    version: int
    backend: str
    products: int
    dimension: int
    searches_images: bool
    judged_by: str | None = Field(
        description="Whose judgements the model learnt from, such as `judged by rules over the catalogue, not by "
        "people`; null if people's."
    )
    default: bool
    facets: Facets


class Models(BaseModel):
    """The catalogues that can be searched, the experiment and the session."""

    catalogues: list[CatalogueInfo]
    experiment: dict[str, str] | None = Field(description="Name, mode, and the catalogue of each arm.")
    rewriting: str
    session: bool = Field(
        description="True if a cookie holds the API key of this request; `DELETE /session` removes it."
    )


class Health(BaseModel):
    """The liveness or readiness of the gateway."""

    status: Literal["ok", "starting", "degraded"]
    catalogues: dict[str, str] = Field(default={}, description="The problem of each catalogue, or `ok`.")


class Problem(BaseModel):
    """The body of every error response."""

    error: str = Field(description="The error, and how to correct it.")
    request_id: str
    details: list[str] = Field(default=[], description="Each error in the request.")
