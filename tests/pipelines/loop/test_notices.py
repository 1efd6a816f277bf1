import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.loop.journal import Cycle, Seen
from pipelines.loop.notices import Webhook, write_metrics
from pipelines.loop.settings import WebhookSettings
from vitrine.errors import ConfigError

CYCLE = Cycle(3, "run", "on trial", 100.0, 200.0, 7, Seen(), ("500 new pairs",))


class Receiver:
    """A server on loopback that keeps the JSON that is posted to it, and answers with a status."""

    def __init__(self) -> None:
        receiver = self
        self.received: list[dict[str, object]] = []
        self.status = 204

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append(json.loads(body))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret-token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def webhook(monkeypatch: pytest.MonkeyPatch, url: str) -> Webhook:
    monkeypatch.setenv("LOOP_HOOK", url)
    return Webhook(WebhookSettings(url_env="LOOP_HOOK"))


def test_a_decision_is_posted_with_its_cycle(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = webhook(monkeypatch, receiver.url)
    hook.post("on trial", "version 7 has the label canary", CYCLE)
    hook.post("wait", "no new data", None)
    assert receiver.received == [
        {
            "decision": "on trial", "reason": "version 7 has the label canary", "cycle": 3, "kind": "run",
            "state": "on trial", "version": 7,
        },
        {"decision": "wait", "reason": "no new data"},
    ]  # fmt: skip


def test_a_webhook_that_fails_is_logged_without_its_address(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook = webhook(monkeypatch, receiver.url)
    receiver.status = 500
    hook.post("wait", "no new data", None)
    webhook(monkeypatch, "http://127.0.0.1:9/secret-token").post("wait", "no new data", None)
    assert caplog.messages == ["the webhook answers with 500", "the webhook cannot be reached: ConnectError"]
    assert "secret-token" not in caplog.text


def test_a_webhook_without_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOP_HOOK", raising=False)
    with pytest.raises(ConfigError, match="the environment variable LOOP_HOOK is not set"):
        Webhook(WebhookSettings(url_env="LOOP_HOOK"))


def test_the_metrics_count_cycles_by_state(tmp_path: Path) -> None:
    over = Cycle(2, "run", "rolled back", 50.0, 60.0, 6, Seen(), ())
    write_metrics(tmp_path / "loop.prom", [CYCLE, over], 260.0)
    lines = (tmp_path / "loop.prom").read_text(encoding="utf-8").splitlines()
    assert "vitrine_loop_pass_timestamp_seconds 260.0" in lines
    assert 'vitrine_loop_cycles{state="on trial"} 1.0' in lines
    assert 'vitrine_loop_cycles{state="rolled back"} 1.0' in lines
    assert 'vitrine_loop_cycles{state="promoted"} 0.0' in lines
    assert 'vitrine_loop_cycle_seconds{state="on trial"} 60.0' in lines
