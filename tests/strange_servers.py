"""Servers on loopback that send the same bytes to every connection, or nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def tcp_server(answer: bytes | None, port: int = 0) -> Iterator[int]:
    """Run a TCP server that sends `answer`, or nothing, to every connection, and yield its port."""
    listener = socket.create_server(("127.0.0.1", port))
    connections = []

    def answers() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            if answer is not None:
                with suppress(OSError):  # the client has closed the connection
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=answers, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            connection.close()


def json_server(body: bytes, status: str = "200 OK") -> Any:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return tcp_server(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
