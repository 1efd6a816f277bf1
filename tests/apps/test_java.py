"""The Java example of a search through the gateway."""

import subprocess
from pathlib import Path

from tests.apps.conftest import ROOT, ShopGateway
from tests.vitrine.serving.stock_runtime.runtime import java_class_path
from tests.waiting import HANG_SECONDS


def search(gateway: ShopGateway, query: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["java", "-cp", java_class_path(folder), str(ROOT / "apps" / "java" / "GatewaySearch.java")]
    return subprocess.run(
        [*command, gateway.url, query], capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )


def test_the_products_of_a_search_are_printed(answering_gateway: ShopGateway, tmp_path: Path) -> None:
    done = search(answering_gateway, "red mug", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert lines[0][1:3] == ["red-mug", "E"]
