"""The contract between the page and the gateway."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.waiting import HANG_SECONDS
from vitrine.gateway.http.openapi import schema_text
from vitrine.gateway.http.page import PATHS

WEB = ROOT / "web"


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments], cwd=WEB, capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )


def test_the_client_is_made_from_the_schema_of_the_gateway_as_it_is() -> None:
    kept = (WEB / "openapi.json").read_text(encoding="utf-8")
    assert kept == schema_text(), (
        "run: python -m vitrine.gateway.http.openapi > web/openapi.json; npm --prefix web run generate"
    )


def test_the_client_was_generated_from_the_schema(built_page: Path, tmp_path: Path) -> None:
    generated = tmp_path / "schema.d.ts"
    command = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["scripts"]["generate"].split()
    done = npm("exec", "--", *command[:-1], str(generated))
    assert done.returncode == 0, done.stderr
    assert generated.read_text(encoding="utf-8") == (WEB / "src/api/schema.d.ts").read_text(encoding="utf-8")


def test_the_logic_of_the_page_passes_its_own_tests(built_page: Path) -> None:
    done = npm("run", "-s", "test")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_pins_contents_and_names_no_place_to_get_them() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all("integrity" in package and "resolved" not in package for name, package in packages.items() if name)


def test_the_router_and_the_server_agree_on_addresses() -> None:
    routes = re.findall(r'path="(/[^"]*)"', (WEB / "src/main.tsx").read_text(encoding="utf-8"))
    assert sorted(routes) == sorted(path.replace("{rest:path}", "*") for path in PATHS)


@pytest.mark.parametrize("path", ["/", "/search?q=x", "/product/a%2Fb?catalogue=c", "/compare", "/about", "/queries"])
def test_every_address_of_the_page_gives_the_page(gateways: dict[str, str], built_page: Path, path: str) -> None:
    with urllib.request.urlopen(gateways["plain"] + path) as response:
        assert response.read() == (built_page / "index.html").read_bytes()
        assert response.headers["content-security-policy"].startswith("default-src 'self'")


def test_the_script_is_small_on_the_way_and_kept_for_good(gateways: dict[str, str], built_page: Path) -> None:
    entry = re.search(r'src="(/assets/index-[^"]+\.js)"', (built_page / "index.html").read_text(encoding="utf-8"))
    assert entry is not None
    request = urllib.request.Request(gateways["plain"] + entry.group(1), headers={"accept-encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert "immutable" in response.headers["cache-control"]
        assert len(response.read()) < 120_000


def test_files_with_constant_names_are_revalidated(gateways: dict[str, str]) -> None:
    for path in ("/", "/assets/theme.js"):
        with urllib.request.urlopen(gateways["plain"] + path) as response:
            assert response.headers["cache-control"] == "no-cache"
