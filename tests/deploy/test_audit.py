"""The list of accepted advisories: each has a reason and an end, and what is not in it fails the audit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.waiting import HANG_SECONDS

FOLDER = ROOT / "deploy" / "audit"
FOUND = {
    "vulnerabilities": {
        "vite": {
            "via": [
                {
                    "url": "https://github.com/advisories/GHSA-aaaa",
                    "range": "<7",
                    "severity": "high",
                    "title": "Reads",
                }
            ]
        },
        "page": {"via": ["vite"]},
    }
}


def run(tmp_path: Path, task: str, accepted: Any, found: Any = None) -> subprocess.CompletedProcess[str]:
    (tmp_path / "accepted.json").write_text(json.dumps(accepted))
    (tmp_path / "found.json").write_text(json.dumps(found))
    command = [sys.executable, FOLDER / "accepted.py", task, tmp_path / "accepted.json", tmp_path / "found.json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)


def entry(**changes: str) -> dict[str, str]:
    return {"id": "GHSA-aaaa", "package": "vite", "reason": "only the build uses it", "until": "2999-12-31"} | changes


def test_the_list_can_be_read(tmp_path: Path) -> None:
    done = run(tmp_path, "options", json.loads((FOLDER / "accepted.json").read_text()))
    assert done.returncode == 0, done.stderr


def test_an_advisory_fails_unless_it_is_accepted(tmp_path: Path) -> None:
    refused = run(tmp_path, "npm", {"pypi": [], "npm": []}, FOUND)
    assert refused.returncode == 1
    assert refused.stderr.strip() == "GHSA-aaaa vite <7: high: Reads"
    assert run(tmp_path, "npm", {"pypi": [], "npm": [entry()]}, FOUND).returncode == 0


def test_it_is_accepted_until_a_day(tmp_path: Path) -> None:
    past = {"pypi": [entry(until="2020-01-01")], "npm": [entry(until="2020-01-01")]}
    assert run(tmp_path, "npm", past, FOUND).returncode == 1
    assert run(tmp_path, "options", past).stdout == ""
    assert run(tmp_path, "options", {"pypi": [entry()], "npm": []}).stdout == "--ignore-vuln GHSA-aaaa"


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"note": "x"}])
def test_it_needs_a_reason(tmp_path: Path, wrong: dict[str, str]) -> None:
    assert run(tmp_path, "options", {"pypi": [entry(**wrong)], "npm": []}).returncode == 1


def test_an_audit_that_was_not_made_is_no_success(tmp_path: Path) -> None:
    failed = run(tmp_path, "npm", {"pypi": [], "npm": []}, {"message": "405 Method Not Allowed"})
    assert failed.returncode == 1
    assert failed.stderr.strip() == "npm audit failed: 405 Method Not Allowed"
