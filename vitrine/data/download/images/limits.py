"""Limits of an image download: load on the network, on servers and on this machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of an image download.

    Attributes:
        workers: concurrent requests.
        per_second: requests started per second and host.
        max_bytes: maximal size of an image as it is sent.
        silence_seconds: time limit to connect, and of a pause in a response.
        request_seconds: time limit of one request in all.
        run_seconds: time after which no further image is started, or None; a later run continues.
        attempts: maximal requests for one image.
        backoff_seconds: mean wait after the first failed attempt; doubled after each further one.
        wait_seconds: the longest `Retry-After` that is obeyed.
        redirects: maximal redirects for one image.
        host_failures: consecutive network failures of a host after which its other images are given up.
    """

    workers: int = 16
    per_second: float = 20.0
    max_bytes: int = 20 << 20
    silence_seconds: float = 10.0
    request_seconds: float = 60.0
    run_seconds: float | None = None
    attempts: int = 4
    backoff_seconds: float = 0.5
    wait_seconds: float = 120.0
    redirects: int = 5
    host_failures: int = 20
