import json
from pathlib import Path

import pyarrow as pa
import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts

from components.artifacts import SearchAudit
from components.examples import write_splits
from components.search_auditor import SearchAuditor
from tests.vitrine.gateway.conftest import push_shop
from vitrine.audit.missed import read_missed
from vitrine.data.columns import JUDGEMENTS


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The serving directory of a shop."""
    return push_shop(tmp_path_factory.mktemp("exported"), {})


@pytest.mark.parametrize(("bound", "missed"), [(0.0, 1), (1.0, 0)])
def test_the_thresholds_of_the_gate_decide(serving: Path, tmp_path: Path, bound: float, missed: int) -> None:
    judgements, audit = standard_artifacts.Examples(), SearchAudit()
    judgements.uri, audit.uri = str(tmp_path / "examples"), str(tmp_path / "audit")
    row = ("q0", "red mug", "red-mug", "E", "")
    judged = pa.table({name: [cell] for name, cell in zip(JUDGEMENTS, row, strict=True)})
    write_splits(judgements, {"train": judged.slice(1), "eval": judged})
    artifacts = {}
    for name, folder in (("model", "product_search"), ("index", "index")):
        artifact = standard_artifacts.Model()
        artifact.uri = str(tmp_path / name)
        exported = tmp_path / name / "Format-Serving"
        exported.parent.mkdir()
        exported.symlink_to(serving / folder / "1", target_is_directory=True)
        artifacts[name] = [artifact]
    settings = {"queries": 1, "gate": {"robustness.language_ar.ndcg_loss": bound}}
    executor = SearchAuditor.EXECUTOR_SPEC.executor_class(BaseExecutor.Context())
    executor.Do(artifacts | {"judgements": [judgements]}, {"audit": [audit]}, {"settings": json.dumps(settings)})
    assert len(read_missed(tmp_path / "audit")) == missed
    assert (tmp_path / "audit" / "audit.html").is_file()
    written = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert [section["name"] for section in written["sections"]] == ["robustness"]
