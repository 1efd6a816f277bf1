"""Servers on loopback that answer every connection with the same bytes, or never."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def tcp_server(answer: bytes | None, port: int = 0) -> Iterator[int]:
    """A TCP server that answers every connection with `answer`, or with nothing at all; its port."""
    listener = socket.create_server(("127.0.0.1", port))
    held = []

    def answers() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            if answer is not None:
                with suppress(OSError):  # the client did not wait for it
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=answers, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in held:
            one.close()


def json_server(body: bytes, status: str = "200 OK") -> Any:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return tcp_server(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
