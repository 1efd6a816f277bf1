from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.pushes import find_push
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import DataError


def test_a_version_that_was_deleted_and_pushed_again_is_the_newer_push(metadata: Metadata) -> None:
    metadata.push("run-1", "7")
    again = metadata.push("run-2", "7")
    assert find_push(metadata.path.parent, "product_search", "7")[1] == again["pushed"].id


def test_a_version_that_was_refused_is_not_pushed(metadata: Metadata) -> None:
    refused = metadata.pushed("/serving/product_search/7")
    refused.custom_properties["pushed"].int_value = 0
    metadata.execute("run-1", "Pusher-product-search", proto.Execution.COMPLETE, pushed_model=refused)
    with pytest.raises(DataError, match=r"no version 7 of product_search was pushed; pushed were none"):
        find_push(metadata.path.parent, "product_search", "7")


def test_an_unknown_version_or_model_names_those_that_are_known(metadata: Metadata) -> None:
    metadata.push("run-1", "6")
    metadata.push("run-2", "7")
    run = metadata.path.parent
    with pytest.raises(DataError) as raised:
        find_push(run, "product_search", "8")
    assert str(raised.value) == (
        f"{run}: no version 8 of product_search was pushed; pushed were {run}: product_search 6, 7"
    )
    with pytest.raises(DataError, match=r"no version 7 of lamps was pushed; pushed were .*: product_search 6, 7"):
        find_push(run, "lamps", "7")


def test_a_version_is_found_among_many_runs(tmp_path: Path) -> None:
    for name, versions in (("a", "12"), ("b", "23")):
        (tmp_path / name).mkdir()
        for version in versions:
            Metadata(tmp_path / name / "metadata.db").push(f"run-{version}", version)
    run, _ = find_push(tmp_path, "product_search", "3")
    assert run.output == tmp_path / "b"
    with pytest.raises(DataError, match=r"several runs pushed version 2 of product_search: \S+/a, \S+/b; choose with "):
        find_push(tmp_path, "product_search", "2")
    with pytest.raises(DataError, match="no run there; `vitrine run` makes one"):
        find_push(tmp_path / "none", "product_search", "3")
