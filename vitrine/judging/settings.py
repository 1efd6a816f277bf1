"""The settings of `vitrine judge`. This module imports nothing heavy."""

from pydantic import Field, PositiveInt

from vitrine.language_models.settings import EndpointSettings
from vitrine.settings import Section


class JudgeEndpointSettings(EndpointSettings):
    """The endpoint of the model that judges; its answers are longer than a rewritten query."""

    max_tokens: int = Field(default=2048, ge=16, le=65_536)
    timeout_seconds: float = Field(default=60, gt=0, le=600)


class BudgetSettings(Section):
    """The limits of one command. What is judged is kept, and the next command continues."""

    requests: PositiveInt = Field(2_000, description="largest number of requests, with those that are repeated")
    tokens: PositiveInt | None = Field(None, description="largest number of tokens of requests and answers")
    per_minute: PositiveInt = Field(60, description="requests that are started in a minute")


class JudgingSettings(Section):
    """All settings of `vitrine judge`."""

    endpoint: JudgeEndpointSettings
    budget: BudgetSettings = BudgetSettings()
    queries: PositiveInt = Field(200, description="number of queries that are generated, if none are given")
    candidates: int = Field(10, ge=1, le=200, description="products that each way to search adds to a query's pool")
    products_per_call: int = Field(10, ge=1, le=50, description="products of one query that are judged in one request")
    description_characters: int = Field(300, ge=0, le=4_000, description="start of the description that is sent")
    concurrency: int = Field(4, ge=1, le=32, description="requests in progress at a time")
    attempts: int = Field(5, ge=1, le=20, description="largest number of attempts of one request")
    seed: int = Field(0, ge=0, description="the order of the products in the requests")
