"""MkDocs' hooks: the pages that are not in docs/, links that lead out of it, and Mermaid from the web page's packages.

A page of the reference is made for each package that there is, so none is listed by hand.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.superfences import fence_code_format

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
"""Pages of the repository's root, and their names on the site."""
PACKAGES: Final = ("vitrine", "pipelines", "components", "modules", "feature_repo")
REFERENCE: Final = "reference"
MERMAID: Final = ROOT / "web" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
SCRIPT: Final = "assets/mermaid.js"
STYLE: Final = "assets/site.css"
FENCES: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")

_log = logging.getLogger("mkdocs.hooks.pages")


def on_config(config: MkDocsConfig) -> None:
    """Add the reference to the navigation, the repository to the footer, the style sheet, and Mermaid."""
    entries = [{name: f"{REFERENCE}/{name}.md"} for name in _packages()]
    config.nav = [*(config.nav or []), {"Reference": entries}]
    if config.extra["repository"]:
        config.extra["social"] = [
            {"icon": "fontawesome/brands/git-alt", "link": config.extra["repository"], "name": "Repository"}
        ]
    config.extra_css.append(STYLE)
    if MERMAID.is_file():
        config.extra_javascript.append(SCRIPT)
        fence = {"name": "mermaid", "class": "mermaid", "format": _diagram}
        config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    else:  # the theme would load it from elsewhere
        _log.info("diagrams stay text: `npm ci` in web/ installs Mermaid")


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the root's pages, a page for each package, the style sheet, and Mermaid."""
    for source, name in COPIED.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    for package, modules in _packages().items():
        content = "\n\n".join(
            [f"::: {package}\n    options: {{heading_level: 1}}", *(f"::: {name}" for name in modules)]
        )
        files.append(File.generated(config, f"{REFERENCE}/{package}.md", content=content))
    files.append(File.generated(config, STYLE, abs_src_path=str(Path(__file__).with_name("site.css"))))
    if MERMAID.is_file():
        files.append(File.generated(config, SCRIPT, abs_src_path=str(MERMAID)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Lead links to pages of the site there, and links to other files of the repository to its address."""
    here = _source(page.file.src_uri).parent
    parts = FENCES.split(markdown)
    parts[::2] = [LINK.sub(lambda found: _link(found, here, page, config), part) for part in parts[::2]]
    return "".join(parts)


def _diagram(*arguments: Any, **options: Any) -> str:
    """Return a Mermaid block for the theme, in a box that can scroll."""
    return f'<div class="diagram">{fence_code_format(*arguments, **options)}</div>'


def _packages() -> dict[str, list[str]]:
    """Return the public modules of each package."""
    packages = {}
    for folder in _folders():
        name = ".".join(folder.relative_to(ROOT).parts)
        modules = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
        packages[name] = [f"{name}.{module}" for module in modules]
    return packages


def _folders() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted(file.parent for file in (ROOT / package).rglob("__init__.py"))


def _source(page: str) -> Path:
    """Return the file of the repository that a page of the site shows."""
    root_page = next((source for source, name in COPIED.items() if name == page), None)
    return ROOT / root_page if root_page else ROOT / "docs" / page


def _link(found: re.Match[str], here: Path, page: Page, config: MkDocsConfig) -> str:
    text, target, anchor = found[1], found[2], found[3] or ""
    path = Path(os.path.normpath(here / target))
    if not path.exists() or not path.is_relative_to(ROOT):
        return found[0]  # MkDocs warns of it
    inside = COPIED.get(path.relative_to(ROOT).as_posix())
    if inside is None and path.is_relative_to(ROOT / "docs") and path.is_file():
        inside = path.relative_to(ROOT / "docs").as_posix()
    if inside is not None:
        return f"[{text}]({os.path.relpath(inside, Path(page.file.src_uri).parent)}{anchor})"
    repository = config.extra["repository"].rstrip("/")
    if not repository:
        return text
    kind = "tree" if path.is_dir() else "blob"
    return f"[{text}]({repository}/{kind}/main/{path.relative_to(ROOT).as_posix()}{anchor})"
