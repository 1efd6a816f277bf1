"""A server on loopback that speaks the part of the hub's API that a download needs."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


@dataclass
class FakeHub:
    """Repositories by name: revisions by name, and a directory of files for each commit."""

    address: str = ""
    revisions: dict[str, dict[str, str]] = field(default_factory=dict)
    commits: dict[str, Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    token: str = ""
    requests: list[str] = field(default_factory=list)
    status: int = 200

    def add(self, name: str, files: Path, revision: str = "main") -> str:
        """Add a commit of the files, to which a revision points from now on."""
        commit = hashlib.sha1(f"{name}{files}".encode()).hexdigest()
        self.commits[commit] = files
        self.revisions.setdefault(name, {})[revision] = commit
        return commit

    def downloads(self) -> set[str]:
        """Return the names of the files that have been sent."""
        return {
            path.split("/", 5)[5]
            for method, _, path in (line.partition(" ") for line in self.requests)
            if "GET" in method and "/resolve/" in path
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_HEAD(self) -> None:
        self._respond()

    def do_GET(self) -> None:
        self._respond()

    def _respond(self) -> None:
        hub, path = self.server.hub, unquote(self.path)
        hub.requests.append(f"{self.command} {path}")
        parts = path.replace("/api/datasets/", "/api/models/").removeprefix("/datasets").strip("/").split("/")
        if hub.status != 200:
            return self._send(hub.status, b"broken")
        name = "/".join(parts[2:4]) if parts[0] == "api" else "/".join(parts[:2])
        if name not in hub.revisions:
            return self._fail(404, "RepoNotFound")
        if name in hub.gated and self.headers.get("Authorization") != f"Bearer {hub.token}":
            return self._fail(403, "GatedRepo")
        asked = parts[5] if parts[0] == "api" and len(parts) > 5 else parts[3] if len(parts) > 3 else "main"
        commit = hub.revisions[name].get(asked, asked)
        if commit not in hub.commits:
            return self._fail(404, "RevisionNotFound")
        files = hub.commits[commit]
        if parts[0] == "api":
            names = sorted(path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file())
            return self._send(200, json.dumps(_description(name, commit, names)).encode())
        file = files / "/".join(parts[4:])
        if not file.is_file():
            return self._fail(404, "EntryNotFound")
        content = file.read_bytes()
        return self._send(200, content, ETag=f'"{hashlib.sha256(content).hexdigest()}"', X_Repo_Commit=commit)

    def _fail(self, status: int, code: str) -> None:
        self._send(status, b"{}", X_Error_Code=code, X_Error_Message=code)

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _description(name: str, commit: str, names: list[str]) -> dict[str, object]:
    siblings = [{"rfilename": file} for file in names]
    return {
        "_id": commit,
        "id": name,
        "modelId": name,
        "sha": commit,
        "siblings": siblings,
        "private": False,
        "tags": [],
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: FakeHub


@contextmanager
def serve_hub() -> Iterator[FakeHub]:
    """Serve an empty hub until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub = FakeHub(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
