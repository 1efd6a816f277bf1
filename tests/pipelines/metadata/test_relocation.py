from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.records import latest_run
from pipelines.metadata.relocation import update_moved_uris
from tests.pipelines.metadata.stores import Metadata


def test_artifacts_of_a_moved_directory_are_found(metadata: Metadata, tmp_path: Path) -> None:
    root = tmp_path / "new" / "artifacts"
    (root / "Trainer" / "model" / "1").mkdir(parents=True)
    metadata.execute(
        "run-1", "Trainer", proto.Execution.COMPLETE, model=metadata.model("/old/artifacts/Trainer/model/1")
    )
    metadata.execute("run-1", "Gone", proto.Execution.COMPLETE, model=metadata.model("/old/artifacts/Gone/model/2"))
    assert update_moved_uris(metadata.path, root) == 1
    nodes = latest_run(metadata.path)
    assert nodes["Trainer"].output("model").uri == str(root / "Trainer" / "model" / "1")
    assert nodes["Gone"].output("model").uri == "/old/artifacts/Gone/model/2"
    assert update_moved_uris(metadata.path, root) == 0
    assert update_moved_uris(tmp_path / "none.db", root) == 0
