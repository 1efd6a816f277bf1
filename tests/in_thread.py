"""Serves an application on loopback from a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from vitrine.http_server.listening import listen


@contextmanager
def in_thread(app: Any, port: int = 0, abrupt: bool = False, **options: Any) -> Iterator[int]:
    """The port that it listens on: the system chooses where it is 0.

    In the end it answers what it was asked, and shuts down as the application wants to, unless it is to be `abrupt`.
    `options` are uvicorn's.
    """
    listener = listen("127.0.0.1", port)
    if abrupt:
        options["lifespan"] = "off"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit, server.force_exit = True, abrupt
        thread.join()
