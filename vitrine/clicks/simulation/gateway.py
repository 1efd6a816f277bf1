"""Simulated users who search and click through a running gateway, over HTTP."""

from collections.abc import Sequence
from typing import Final

import httpx
import numpy as np
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from vitrine import progress
from vitrine.clicks.simulation.searches import Browsed, Truth, Visit, react
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.errors import BusyError, NetworkError
from vitrine.resilience.retry_after import BUSY, retry_after, wait_retry_after

TIMEOUT_SECONDS: Final = 30.0
REPORT_EVERY: Final = 100
ATTEMPTS: Final = 10
LONGEST_WAIT: Final = 60.0


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
    """Send a request, and again after the time that a busy gateway asks for."""
    attempts = Retrying(
        retry=retry_if_exception_type(BusyError),
        wait=wait_retry_after(wait_exponential(multiplier=0.5, max=LONGEST_WAIT)),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    return attempts(_send, client, path, body, user)


def _send(client: httpx.Client, path: str, body: dict[str, object], user: str) -> httpx.Response:
    try:
        response = client.post(path, json=body, headers={"x-user-id": user})
    except httpx.HTTPError as error:
        raise NetworkError(f"{client.base_url}{path.lstrip('/')}: {error or type(error).__name__}") from None
    if response.is_success:
        return response
    message = f"{response.url}: status {response.status_code}: {response.text[:200]}"
    if response.status_code in BUSY:
        raise BusyError(message, retry_after(response.headers))
    raise NetworkError(message)
