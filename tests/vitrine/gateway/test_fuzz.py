"""Valid and invalid requests, generated from the OpenAPI schema, are answered as the schema declares."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.vitrine.gateway.test_cache import catalogue
from tests.waiting import HANG_SECONDS

SCHEMA = json.loads((Path(__file__).parents[3] / "web" / "openapi.json").read_text())
OPERATIONS = [
    (path, method, mode)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
    for mode in ("positive", "negative")
    if mode == "positive" or operation.keys() & {"parameters", "requestBody"}
]
NOT_IN_SCHEMA = (
    *("at least 1 character", "price_min is greater than price_max", "with explain, k is at most"),
    *("a range has a min, a max, or both", "min is greater than max", "min and max are both numbers or both times"),
    *("the weights add up to", "is known of the products"),
    *("is no time such as", "has no such attribute", "declares no time as the newest"),
)
"""Reasons for refusals that a schema cannot express: blank texts, texts that are no times, fields that contradict
each other, sums, attributes that the catalogue does not have. Nor can it express which bytes are an image, or that a
field of a form is JSON."""
WITH_IMAGES = ("/predict-image", "/products/{product_id}/explanation")
EXAMPLES = 30
"""Examples of each operation and mode: about a minute for all of them together."""


@pytest.fixture(scope="module")
def schema(pushed: Path, rest_url: str, start_gateway: Any) -> Iterator[Any]:
    """The schema of a running gateway with an experiment."""
    import schemathesis

    shop = catalogue(pushed, rest_url)["shop"]
    catalogues, experiment = {"shop": shop, "twin": shop}, {"a": "shop", "b": "twin"}
    settings = {"catalogues": catalogues, "experiment": experiment, "limits": {"rate": "9999999/day"}}
    with start_gateway(settings) as client:
        yield schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")


def has_surrounding_space(body: Any) -> bool:
    """Return whether a text in a body is shorter without the space around it, and so may be accepted."""
    texts = [value for value in body.values() if isinstance(value, str)] if isinstance(body, dict) else []
    return any(text != text.strip() for text in texts)


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_every_answer_is_as_the_schema_says(schema: Any, path: str, method: str, mode: str) -> None:
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

    operation = schema[path][method.upper()]

    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(case: Any) -> None:
        response = case.call(timeout=HANG_SECONDS)
        may_refuse = path in WITH_IMAGES or any(reason in response.text for reason in NOT_IN_SCHEMA)
        excluded = [positive_data_acceptance] if may_refuse else []
        if has_surrounding_space(case.body):
            excluded.append(negative_data_rejection)
        case.validate_response(response, excluded_checks=excluded)

    fuzz()
