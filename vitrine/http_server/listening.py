"""Listening sockets, bound before anything slow begins so that a port in use is reported at once."""

import socket

from vitrine.errors import ServeError


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """Return a socket bound to `host` and `port` (0 for any free port) that does not accept connections yet.

    Raises:
        ServeError: The address is unknown, in use or not allowed; the message suggests another `option`.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ServeError(f"cannot listen on {host}:{port}: {error.strerror}; try another {option} or --host") from None
    return listener
