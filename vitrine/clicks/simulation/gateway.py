"""Simulated users who search and click through a running gateway, over HTTP."""

from collections.abc import Sequence
from typing import Final

import httpx
import numpy as np

from vitrine import progress
from vitrine.clicks.simulation.searches import Browsed, Truth, Visit, react
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.errors import NetworkError

TIMEOUT_SECONDS: Final = 30.0
REPORT_EVERY: Final = 100


def browse_gateway(
    url: str, visits: Sequence[Visit], truth: Truth, settings: SimulationSettings, key: str | None = None
) -> tuple[int, int]:
    """Make the visits at a gateway, one after the other, and send the feedback.

    The gateway logs the events, with the time at which they arrive; the visits' times give the order alone.

    Args:
        url: The gateway's address, such as http://127.0.0.1:8000.
        visits: Who searches for what.
        truth: The labels that decide about clicks.
        settings: The user model.
        key: An API key, if the gateway needs one.

    Returns:
        The numbers of searches and of feedback events.

    Raises:
        NetworkError: The gateway cannot be reached, or refuses a request.
    """
    rng = np.random.default_rng([settings.seed, 1])
    feedback = 0
    headers = {"x-api-key": key} if key else {}
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        for number, visit in enumerate(visits, 1):
            found = _post(client, "/predict", {"query": visit.query, "k": settings.k}, visit.user).json()
            products = [result["product_id"] for result in found["results"]]
            for browsed in react([visit], [products], truth, settings, rng):
                feedback += _send_feedback(client, found["request_id"], browsed)
            if number % REPORT_EVERY == 0 or number == len(visits):
                progress.report("searches", number, len(visits))
    return len(visits), feedback


def _send_feedback(client: httpx.Client, request_id: str, browsed: Browsed) -> int:
    reactions = [("click", place) for place in browsed.clicked] + [("purchase", place) for place in browsed.bought]
    for kind, place in reactions:
        body = {
            "request_id": request_id,
            "product_id": browsed.products[place],
            "kind": kind,
            "position": place + 1,
        }
        _post(client, "/feedback", body, browsed.visit.user)
    return len(reactions)


def _post(client: httpx.Client, path: str, body: dict[str, object], user: str) -> httpx.Response:
    try:
        response = client.post(path, json=body, headers={"x-user-id": user})
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        detail = error.response.text[:200]
        raise NetworkError(f"{error.request.url}: status {error.response.status_code}: {detail}") from None
    except httpx.HTTPError as error:
        raise NetworkError(f"{client.base_url}{path.lstrip('/')}: {error or type(error).__name__}") from None
    return response
