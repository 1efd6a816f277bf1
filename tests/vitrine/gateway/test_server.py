"""The gateway's process: its imports, its start before the model server, and its shutdown under load."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.ports import free_port
from tests.vitrine.gateway.conftest import push, serving_app
from tests.vitrine.gateway.model_server import serving_rest
from tests.vitrine.gateway.test_cache import catalogue
from tests.vitrine.search.shop import image_bytes
from tests.waiting import HANG_SECONDS, wait_until


def listens(client: httpx.Client) -> bool:
    try:
        return bool(client.get("/health"))
    except httpx.TransportError:
        return False


@contextmanager
def client_before_ready(settings: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client of a gateway that accepts requests, ready or not."""
    from vitrine.gateway.server import gateway_app
    from vitrine.gateway.settings import GatewaySettings

    validated = GatewaySettings.model_validate({"poll_seconds": 0.05, **settings})
    with serving_app(gateway_app(validated, {})) as url, httpx.Client(base_url=url, timeout=HANG_SECONDS) as client:
        wait_until(lambda: listens(client))
        yield client


def test_it_waits_for_a_model_server_that_starts_slowly(servables: Any, pushed: Path) -> None:
    port = free_port()
    with client_before_ready({"catalogues": catalogue(pushed, f"http://127.0.0.1:{port}")}) as client:
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        assert client.get("/models").json()["catalogues"] == []
        with serving_rest(servables, port):
            wait_until(lambda: client.get("/ready").status_code == 200, lambda: client.get("/ready").text)
            assert client.post("/predict", json={"query": "red mug"}).status_code == 200


def test_with_remote_models_tensorflow_is_never_imported(rest_url: str, pushed: Path) -> None:
    code = """
import asyncio, json, sys
from vitrine.gateway.http.app import create_api, with_middleware
from vitrine.gateway.factory import build_gateway
from vitrine.gateway.settings import GatewaySettings
from vitrine.gateway import server
from vitrine.gateway.http import openapi
import httpx

async def main():
    gateway = build_gateway(GatewaySettings.model_validate(json.loads(sys.argv[1])), {})
    app = with_middleware(create_api(gateway), gateway, {})
    await gateway.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        answer = await client.post("/predict", json={"query": "red mug"})
    await gateway.close()
    heavy = {"tensorflow", "keras", "tensorflow_text", "grpc", "mlflow", "faiss", "feast"}
    print(json.dumps([answer.status_code, len(answer.json()["results"]), sorted(heavy & sys.modules.keys())]))

asyncio.run(main())
"""
    shop = {"serving": str(pushed), "backend": {"kind": "rest", "url": rest_url, "timeout_seconds": 20}}
    settings = json.dumps({"catalogues": {"shop": shop}})
    done = subprocess.run([sys.executable, "-c", code, settings], capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [200, 20, []]


def test_a_shutdown_completes_requests_in_progress_and_accepts_no_new_ones(
    rest_url: str, pushed: Path, tmp_path: Path
) -> None:
    push(pushed, tmp_path, 1)
    backend = json.dumps({"kind": "rest", "url": rest_url, "timeout_seconds": 20})
    config = tmp_path / "gateway.yaml"
    config.write_text(
        f"catalogues:\n  shop:\n    serving: {tmp_path}\n    backend: {backend}\nlog:\n  directory: {tmp_path}/events\n"
    )
    arguments = ["gateway", "--config", str(config), "--port", "0", "--json-logs"]
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline().split("127.0.0.1:")[1].split()[0])
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANG_SECONDS) as client:
                wait_until(lambda: client.get("/ready").status_code == 200, lambda: client.get("/ready").text)
                statuses = _stopped_under_load(client, port, process)
            assert process.wait(HANG_SECONDS) == 0
            logged = process.stderr.read() if process.stderr else ""
        finally:
            process.kill()
    assert statuses["upload"] == 200
    assert set(statuses["load"]) == {200}
    records = [json.loads(line) for line in logged.splitlines()]
    assert not [record for record in records if record["level"] == "error"]
    assert any(record.get("route") == "/predict-image" and record["status"] == 200 for record in records)
    events = "".join(path.read_text() for path in (tmp_path / "events").rglob("*.jsonl"))
    assert events.count('"kind":"image"') + events.count('"kind": "image"') == 1


def _stopped_under_load(client: httpx.Client, port: int, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Send half of an upload, stop the server while other clients search, and send the rest."""
    load: list[int] = []

    def ask() -> None:
        for number in range(10_000):
            try:
                response = client.post("/predict", json={"query": f"red mug {number}"})
            except httpx.TransportError:
                return
            load.append(response.status_code)

    request = httpx.Request("POST", f"{client.base_url}/predict-image", files={"file": ("a.png", image_bytes("red"))})
    body = request.read()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    with socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) as upload:
        upload.sendall(f"POST /predict-image HTTP/1.1\r\n{head}\r\n".encode() + body[:50])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(HANG_SECONDS)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                time.sleep(0.05)
            except OSError:
                break
        else:
            raise AssertionError("new connections are still taken")
        upload.sendall(body[50:])
        answer = upload.recv(65536)
    return {"upload": int(answer.split()[1]), "load": load}
