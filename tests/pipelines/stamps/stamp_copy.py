"""The nodes whose stamp changes with a module, for some modules: `python stamp_copy.py COPY` prints JSON.

COPY is a copy of the code, first on the path. Each module is changed and restored. In the output, `nodes` has the
modules of each node's stamp, `changed` the nodes whose stamp changed, by module.
"""

import json
import sys
from pathlib import Path

from pipelines.pipeline import create_pipeline
from pipelines.settings import load_run_settings
from pipelines.stamps.code import Code
from pipelines.stamps.nodes import stamp_code

OUTSIDE = ("cli.run", "cli.report", "pipelines.report_markdown", "vitrine.gateway")
"""Modules that no node runs."""


def main(copy: Path) -> None:
    """Print the modules and the changed nodes."""
    pipeline = create_pipeline(
        load_run_settings(copy / "configs" / "sample.yaml", [f"data.dir={copy}"]), "root", "serving"
    )
    nodes = [node for node in pipeline.components if "code" in node.exec_properties]

    def stamps() -> dict[str, dict[str, str]]:
        for node in nodes:
            for name in ("code", "modules"):
                del node.exec_properties[name]
        stamp_code(nodes, Code())
        return {node.id: dict(node.exec_properties) for node in nodes}

    before = stamps()
    modules_of = {
        node: [module for module in json.loads(properties["modules"]) if source(copy, module)]
        for node, properties in before.items()
    }
    # The first, the last and the middle one of each node: all modules would take minutes.
    chosen = {modules[index] for modules in modules_of.values() if modules for index in (0, len(modules) // 2, -1)}
    changed = {}
    for module in sorted(chosen.union(OUTSIDE)):
        file = source(copy, module)
        content = file.read_bytes()
        file.write_bytes(content + b"\n# changed\n")
        after = stamps()
        file.write_bytes(content)
        changed[module] = [node for node in before if before[node]["code"] != after[node]["code"]]
    json.dump({"nodes": modules_of, "changed": changed}, sys.stdout)


def source(copy: Path, module: str) -> Path | None:
    """Return the file of a module in the copy."""
    path = copy.joinpath(*module.split("."))
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
