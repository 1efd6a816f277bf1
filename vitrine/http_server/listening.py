"""A socket that is bound before anything slow begins, so that a port in use is told at once."""

import socket

from vitrine.errors import ServeError


def listen(host: str, port: int, option: str = "--port") -> socket.socket:
    """A socket bound to `host` and `port` (0 for any free one), which is not accepting yet.

    Raises:
        ServeError: The address is unknown, in use or not allowed; the message advises another `option`.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ServeError(f"cannot listen on {host}:{port}: {error.strerror}; try another {option} or --host") from None
    return listener
