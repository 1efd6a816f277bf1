"""The documentation site that `make docs` builds, also in a browser."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import ROOT, environment
from tests.web.browser import CHROMIUM, chromium, opened

NPM = shutil.which("npm")
REPOSITORY = "https://git.example/shop/vitrine"


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment() | {"SITE_REPOSITORY": REPOSITORY, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, with diagrams if npm can install Mermaid. A lock excludes other tests that use npm."""
    if NPM:
        with FileLock(tmp_path_factory.getbasetemp().parent / "web.lock"):
            packages = ["make", "-s", "web/node_modules/.package-lock.json"]
            subprocess.run(packages, cwd=ROOT, check=True, capture_output=True, timeout=600)
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small repository with the site's configuration: its pages, and a library with one module."""
    for name in ("mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "vitrine").mkdir()
    (tmp_path / "vitrine" / "__init__.py").write_text('"""The library."""\n')
    (tmp_path / "vitrine" / "prices.py").write_text('"""Prices."""\n')
    return tmp_path


def test_each_page_and_each_package_is_on_the_site(site: Path) -> None:
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / page.stem / "index.html").is_file(), page
    for package in (file.parent for file in (ROOT / "vitrine").rglob("__init__.py")):
        name = ".".join(package.relative_to(ROOT).parts)
        assert (site / "reference" / name / "index.html").is_file(), name


def test_docstrings_are_on_the_pages_of_the_reference(site: Path) -> None:
    page = (site / "reference" / "vitrine.tracking" / "index.html").read_text(encoding="utf-8")
    assert 'id="vitrine.tracking.emissions.start_emissions"' in page
    assert "Estimates of a training" in page


def test_links_lead_to_pages_of_the_site_or_to_the_repository(source: Path) -> None:
    with (source / "docs" / "DATA.md").open("a") as page:
        page.write("\n[library](../vitrine) [prices](../vitrine/prices.py) [home](../README.md#two-commands)\n")
    done = build(source, source / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    text = (source / "site" / "DATA" / "index.html").read_text(encoding="utf-8")
    assert f'href="{REPOSITORY}/tree/main/vitrine"' in text
    assert f'href="{REPOSITORY}/blob/main/vitrine/prices.py"' in text
    assert 'href="../#two-commands"' in text
    assert 'href="OPERATIONS/"' in (source / "site" / "index.html").read_text(encoding="utf-8")


BROKEN = [
    ("docs/DATA.md", "[gone](GONE.md)", "'GONE.md', but the target is not found"),
    ("docs/DATA.md", "[gone](SERVING.md#gone)", "does not contain an anchor '#gone'"),
    ("docs/DATA.md", "[gone](../vitrine/gone.py)", "'../vitrine/gone.py', but the target"),
    ("docs/NEW.md", "# New", 'not included in the "nav"'),
    ("vitrine/prices.py", 'def f() -> None:\n    """Do.\n\n    Args:\n        gone: No.\n    """', "'gone'"),
]
"""Texts that are added to a page or a module, and the error messages of the build."""


def test_broken_pages_are_named_and_fail_the_build(source: Path) -> None:
    for page, text, _ in BROKEN:
        with (source / page).open("a") as file:
            file.write(f"\n{text}\n")
    done = build(source, source / "site")
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    assert [complaint for _, _, complaint in BROKEN if complaint not in printed] == [], printed


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=os.fspath(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.skipif(NPM is None, reason="Mermaid is installed with npm")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_draws_the_diagrams_and_contacts_no_other_server(address: str, scheme: str) -> None:
    with chromium() as browser:
        context, page, complaints = opened(browser, address, color_scheme=scheme)
        page.goto("/ARCHITECTURE/")
        diagrams = page.locator("div.mermaid")
        diagrams.nth(1).wait_for()
        assert diagrams.count() == 2
        assert all(box and box["height"] > 200 for box in (diagram.bounding_box() for diagram in diagrams.all()))
        for path in ("/", "/reference/vitrine.tracking/"):
            page.goto(path)
        context.close()
    assert complaints.unexpected == []


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.skipif(NPM is None, reason="Mermaid is installed with npm")
def test_on_a_phone_diagrams_stay_readable_and_scroll_in_the_page(address: str) -> None:
    with chromium() as browser:
        context, page, _ = opened(browser, address, viewport={"width": 390, "height": 844})
        page.goto("/ARCHITECTURE/")
        diagrams = page.locator("div.mermaid")
        diagrams.nth(1).wait_for()
        assert all(box and box["width"] > 600 for box in (diagram.bounding_box() for diagram in diagrams.all()))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        context.close()
