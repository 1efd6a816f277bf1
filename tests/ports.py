"""Ports of loopback for servers that must be told theirs before they start."""

import random
import socket
from typing import Final

BELOW_EPHEMERAL: Final = range(20_000, 32_000)
"""Ports that the system gives to nobody by itself, so that one stays free between two servers that take it."""


def free_port() -> int:
    """Choose a port that nobody listens on."""
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
