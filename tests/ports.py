"""Free ports of loopback, for servers that need a port number before they start."""

import random
import socket
from typing import Final

BELOW_EPHEMERAL: Final = range(20_000, 32_000)
"""Ports that the system never assigns by itself, so that one stays free when a server is restarted."""


def free_port() -> int:
    """Return a free port."""
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
