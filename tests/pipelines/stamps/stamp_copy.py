"""The nodes whose stamp changes with a module, for some modules: `python stamp_copy.py COPY`, to standard output.

COPY is a copy of the code, and first on the path. Each module is changed, and changed back. The answer is a JSON
object: `nodes` has the modules that each node's stamp is of, `changed` the nodes by module.
"""

import json
import sys
from pathlib import Path

from pipelines.pipeline import create_pipeline
from pipelines.settings import load_run_settings
from pipelines.stamps.nodes import stamp_code

OUTSIDE = ("cli.run", "cli.report", "pipelines.report_markdown", "vitrine.gateway")
"""Code that no node runs."""


def main(copy: Path) -> None:
    """Write the answer."""
    pipeline = create_pipeline(
        load_run_settings(copy / "configs" / "sample.yaml", [f"data.dir={copy}"]), "root", "serving"
    )
    nodes = [node for node in pipeline.components if "code" in node.exec_properties]

    def stamps() -> dict[str, dict[str, str]]:
        for node in nodes:
            for name in ("code", "modules"):
                del node.exec_properties[name]
        stamp_code(nodes)
        return {node.id: dict(node.exec_properties) for node in nodes}

    before = stamps()
    ours = {node: [one for one in json.loads(of["modules"]) if source(copy, one)] for node, of in before.items()}
    # The first, the last and the middle one of each node: all of them would take minutes.
    tried = {modules[at] for modules in ours.values() if modules for at in (0, len(modules) // 2, -1)}
    changed = {}
    for module in sorted(tried.union(OUTSIDE)):
        file = source(copy, module)
        content = file.read_bytes()
        file.write_bytes(content + b"\n# changed\n")
        after = stamps()
        file.write_bytes(content)
        changed[module] = [node for node in before if before[node]["code"] != after[node]["code"]]
    json.dump({"nodes": ours, "changed": changed}, sys.stdout)


def source(copy: Path, module: str) -> Path | None:
    """The file of a module in the copy."""
    place = copy.joinpath(*module.split("."))
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
