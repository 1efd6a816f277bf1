"""Lineage for people: what made a version in a few lines, and the tree of all that is upstream of it."""

import json
from collections.abc import Iterator
from typing import Any, Final

from rich.text import Text
from rich.tree import Tree

from pipelines.lineage.summary import local_time, summary
from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact
from pipelines.stamps import CODE, MODULES

_HIDDEN: Final = {"tfx_version", "is_external", "stats_dashboard_link", "sample_rate_by_split"}
"""Properties that TFX gives to artifacts of every kind, and that say nothing."""
_SHOWN: Final = 160
"""Characters of an execution's settings that are shown."""


def summary_lines(lineage: Lineage) -> list[tuple[str, str]]:
    """What is told first: a heading and a line each."""
    found = summary(lineage)
    lines = [("pushed", f"{local_time(lineage.pushed.created)} to {found['pushed']['to']}")]
    for one in found["data"]:
        fingerprint = str(one["fingerprint"]).replace("\n", "; ")
        lines.append(("data", f"{one['folder']}, span {one['span']}: {fingerprint}"))
    if found["encoder"]:
        encoder = found["encoder"]
        lines.append(("encoder", f"{encoder.get('kind')} {encoder.get('source')} ({encoder['node']})"))
    for one in found["vectors"]:
        values = ", ".join(f"{name} {one[name]}" for name in ("fingerprint", "dimension", "count") if name in one)
        lines.append(("vectors", f"{one['node']} #{one['artifact']}: {values}"))
    lines.append(("code", ", ".join(f"{node} {stamp}" for node, stamp in found["code"].items())))
    return lines


def as_tree(lineage: Lineage) -> Tree:
    """The pushed version with what made it, what made that, and so on. What comes twice is told the first time."""
    root = Tree(Text(f"{lineage.model} {lineage.version}", style="bold"))
    _add(root, lineage, "pushed_model", lineage.pushed, set(), set())
    return root


def _add(
    parent: Tree, lineage: Lineage, key: str, artifact: Artifact, artifacts: set[int], executions: set[int]
) -> None:
    """Add `artifact` and what is upstream of it, but for the `artifacts` and `executions` that were told before."""
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
    made = Text.assemble("from ", (maker.node, "bold"), f" #{maker.id}")
    if maker.id in executions:
        branch.add(made.append(", see above", style="dim"))
        return
    executions.add(maker.id)
    made.append(f", {local_time(maker.started)}, {maker.seconds:.1f} s")
    made.append(f", code {maker.code}" if maker.code else "")
    if settings := _settings(maker):
        made.append(f"  {settings}", style="dim")
    twig = branch.add(made)
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


def _flat(prefix: str, name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Names and values of what is nested: its own names alone, for those above it are TFX's."""
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from _flat(f"{prefix}{inner}." if isinstance(one, dict) else "", prefix + inner, one)
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)
