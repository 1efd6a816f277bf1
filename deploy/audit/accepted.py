"""Advisories that are accepted: `accepted.py options FILE` for pip-audit, `accepted.py npm FILE FOUND` for npm's.

Each entry of `accepted.json` has the `id` of an advisory, the `package`, the `reason` that it does no harm here, and
the day `until` which that holds: afterwards the advisory fails the audit again.
"""

import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def accepted(file: Path, registry: str, today: datetime.date) -> list[str]:
    """Return the ids that are accepted today.

    Raises:
        SystemExit: An entry lacks one of its keys, or has no reason.
    """
    ids = []
    for entry in json.loads(file.read_text(encoding="utf-8"))[registry]:
        if set(entry) != {"id", "package", "reason", "until"} or not entry["reason"].strip():
            sys.exit(f"{file}: {entry}: expected id, package, reason and until")
        if datetime.date.fromisoformat(entry["until"]) >= today:
            ids.append(entry["id"])
    return ids


def npm_advisories(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield id and description of each advisory in the output of `npm audit --json`.

    Raises:
        SystemExit: The output is that of an audit that could not be made.
    """
    if "vulnerabilities" not in found:
        sys.exit(f"npm audit failed: {found.get('message', found)}")
    for name, package in found["vulnerabilities"].items():
        for advisory in package["via"]:
            if isinstance(advisory, dict):  # the others name the package that has the advisory
                identifier = advisory["url"].rpartition("/")[2]
                yield identifier, f"{name} {advisory['range']}: {advisory['severity']}: {advisory['title']}"


def main(task: str, file: str, found: str = "") -> None:
    """Print the options of pip-audit, or npm's advisories that are not accepted; these are an error."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if task == "options":
        ids = accepted(Path(file), "pypi", today)
        sys.stdout.write(" ".join(f"--ignore-vuln {identifier}" for identifier in ids))
        return
    known = set(accepted(Path(file), "npm", today))
    advisories = npm_advisories(json.loads(Path(found).read_text(encoding="utf-8")))
    faults = sorted(f"{identifier} {text}" for identifier, text in advisories if identifier not in known)
    if faults:
        sys.exit("\n".join(faults))
    sys.stdout.write("No known vulnerabilities found that are not accepted\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
