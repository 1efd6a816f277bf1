"""A server of an application on loopback, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vitrine.http_server.limits import DEFAULT_LIMITS, ConnectionLimits
from vitrine.http_server.listening import listen
from vitrine.http_server.uvicorn_server import create_server


@contextmanager
def in_thread(
    app: Any, port: int = 0, abrupt: bool = False, limits: ConnectionLimits = DEFAULT_LIMITS, **options: Any
) -> Iterator[int]:
    """Serve `app` during the block, and yield the port; 0 lets the system choose it.

    At the end the server completes its requests and shuts the application down, unless it is `abrupt`. `options` are
    uvicorn's.
    """
    listener = listen("127.0.0.1", port)
    if abrupt:
        options["lifespan"] = "off"
    server = create_server(app, limits, **options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit, server.force_exit = True, abrupt
        thread.join()
