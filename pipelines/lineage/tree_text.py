"""Lineage as text: a summary of a few lines, and the tree of all that is upstream of a version."""

import json
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue
from rich.text import Text
from rich.tree import Tree

from pipelines.lineage.summary import local_time, summary
from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact
from pipelines.stamps import CODE, MODULES

_HIDDEN: Final = {"tfx_version", "is_external", "stats_dashboard_link", "sample_rate_by_split"}
"""Properties that TFX sets on every artifact, without information."""
_SHOWN: Final = 160
"""Maximal number of characters of an execution's settings."""


def summary_lines(lineage: Lineage) -> list[tuple[str, str]]:
    """Return the lines of the summary, each with its heading."""
    fields = summary(lineage)
    by = f" by the {'catalogue ' if fields['kind'] == 'refresh' else ''}run {lineage.run_id}"
    lines = [("pushed", f"{local_time(lineage.pushed.created)} to {fields['pushed']['to']}{by}")]
    for data in fields["data"]:
        fingerprint = str(data["fingerprint"]).replace("\n", "; ")
        spans = f", spans {', '.join(data['spans'])}" if data["spans"] else ""
        lines.append(("data", f"{data['folder']}{spans}: {fingerprint}"))
    if encoder := fields["encoder"]:
        tuned = (
            f", tuned from {encoder['original']}; the {encoder['goes_on']} one is used" if "goes_on" in encoder else ""
        )
        lines.append(("encoder", f"{encoder.get('kind')} {encoder.get('source')} ({encoder['node']}){tuned}"))
    if classifier := fields["classifier"]:
        maker = lineage.executions[classifier["execution"]]
        lines.append(("classifier", f"{maker.node} #{maker.id}, {local_time(maker.started)}"))
    for vectors in fields["vectors"]:
        names = [name for name in ("fingerprint", "dimension", "count") if name in vectors]
        values = ", ".join(f"{name} {vectors[name]}" for name in names)
        lines.append(("vectors", f"{vectors['node']} #{vectors['artifact']}: {values}"))
    lines.append(("code", ", ".join(f"{node} {stamp}" for node, stamp in fields["code"].items())))
    return lines


def as_tree(lineage: Lineage) -> Tree:
    """Return the tree of all that is upstream of the pushed version. A repeated node is expanded once."""
    root = Tree(Text(f"{lineage.model} {lineage.version}", style="bold"))
    _add(root, lineage, "pushed_model", lineage.pushed, set(), set())
    return root


def _add(
    parent: Tree, lineage: Lineage, key: str, artifact: Artifact, artifacts: set[int], executions: set[int]
) -> None:
    """Add `artifact` and all upstream of it, except for the `artifacts` and `executions` that were added before."""
    line = Text.assemble((key, "cyan"), f" {artifact.type} #{artifact.id}")
    maker = lineage.executions.get(artifact.maker or 0)
    if artifact.id in artifacts:
        parent.add(line.append(", see above", style="dim"))
        return
    artifacts.add(artifact.id)
    if properties := _properties(artifact):
        line.append(f"  {properties}", style="dim")
    branch = parent.add(line)
    if maker is None:
        return
    maker_line = Text.assemble("from ", (maker.node, "bold"), f" #{maker.id}")
    if maker.id in executions:
        branch.add(maker_line.append(", see above", style="dim"))
        return
    executions.add(maker.id)
    maker_line.append(f", {local_time(maker.started)}, {maker.seconds:.1f} s")
    maker_line.append(f", code {maker.code}" if maker.code else "")
    if settings := _settings(maker):
        maker_line.append(f"  {settings}", style="dim")
    twig = branch.add(maker_line)
    for name, numbers in maker.inputs.items():
        for number in numbers:
            _add(twig, lineage, name, lineage.artifacts[number], artifacts, executions)


def _properties(artifact: Artifact) -> str:
    shown = {name: value for name, value in artifact.properties.items() if name not in _HIDDEN and value != ""}
    return " ".join(f"{name}={' '.join(str(value).split())}" for name, value in sorted(shown.items()))


def _settings(execution: Execution) -> str:
    shown = {name: value for name, value in execution.settings.items() if name not in (CODE, MODULES)}
    text = " ".join("=".join(pair) for name, value in shown.items() for pair in _flat("", name, value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… (--json has all)"


def _flat(prefix: str, name: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a nested value, without the outermost name, which is TFX's."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}{key}." if isinstance(inner, dict) else "", prefix + key, inner)
    else:
        yield name, " ".join(value.split()) if isinstance(value, str) else json.dumps(value)
