"""How much a download may ask of the network, of the servers and of this machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a download of pictures.

    Attributes:
        workers: pictures fetched at a time.
        per_second: requests that start at one host in a second.
        max_bytes: of one picture as it is sent.
        silence_seconds: how long a server may take to connect, or send nothing.
        request_seconds: how long one request may take altogether, however steadily it drips.
        run_seconds: when to start no further picture, or None; a later run goes on from there.
        attempts: requests for one picture before it is given up.
        backoff_seconds: about how long to wait after the first failed attempt; doubled after each further one.
        wait_seconds: the longest wait that a server may ask for.
        redirects: followed for one picture.
        host_failures: pictures in a row that a host's network may fail before its others are given up.
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
