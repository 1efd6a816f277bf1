from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vitrine.data.download.web import Web, body, status
from tests.vitrine.hub.hub_server import FakeHub, serve_hub
from vitrine.data.download.datasets.download import Fetched, fetch
from vitrine.data.download.datasets.publishers import PUBLICATIONS
from vitrine.data.download.datasets.resuming import RetryLimits
from vitrine.errors import DataError, NetworkError

FAST_RETRIES = RetryLimits(attempts=2, seconds=0.01)
FILES = {"query.csv": b"query_id\tquery\n", "product.csv": b"product_id\n", "label.csv": b"id\n"}


def unseen(name: str, done: int, total: int | None) -> None:
    pass


def get(dataset: str, folder: Path, mirror: str) -> list[Fetched]:
    return fetch(dataset, folder, mirror, unseen, FAST_RETRIES)


def test_all_files_of_a_dataset_once(web: Web, tmp_path: Path) -> None:
    for name, data in FILES.items():
        web.put(f"/mirror/wands/{name}", body(data))
    first = get("wands", tmp_path, web.url + "/mirror/")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES
    assert [(file.name, file.bytes, file.kept) for file in first] == [
        (name, len(data), False) for name, data in FILES.items()
    ]
    (tmp_path / "label.csv").unlink()
    assert [file.kept for file in get("wands", tmp_path, web.url + "/mirror")] == [True, True, False]
    assert set(web.requests.values()) == {1, 2}


def test_an_existing_file_with_another_digest_is_replaced(web: Web, tmp_path: Path) -> None:
    examples = PUBLICATIONS["esci"].files[0].name
    (tmp_path / examples).write_bytes(b"half of it")
    web.put(f"/esci/{examples}", body(b"not the published one"))
    with pytest.raises(DataError, match="SHA-256"):
        get("esci", tmp_path, web.url)
    assert (tmp_path / examples).read_bytes() == b"half of it"


def test_without_a_network_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NetworkError) as raised:
        get("wands", tmp_path, "http://127.0.0.1:9")
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("http://127.0.0.1:9/wands/query.csv: ")
    assert lines[1] == f"On a machine with network access, download these files of wands into {tmp_path}:"
    assert lines[2:] == [f"  https://github.com/wayfair/WANDS/raw/main/dataset/{name}" for name in FILES]


def test_a_mirror_that_lacks_a_file_says_the_same(web: Web, tmp_path: Path) -> None:
    web.put("/wands/query.csv", status(404))
    with pytest.raises(NetworkError, match=r"/wands/query\.csv: HTTP 404 Not Found\nOn a machine with network access"):
        get("wands", tmp_path, web.url)


def test_a_dataset_behind_an_account_says_where_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(NetworkError) as raised:
        fetch("home_depot", tmp_path, None, unseen, FAST_RETRIES)
    assert str(raised.value) == (
        f"{tmp_path}/train.csv does not exist, and its publisher requires signing in\n"
        "Sign in at https://www.kaggle.com/c/home-depot-product-search-relevance/data, download train.csv, "
        f"product_descriptions.csv, attributes.csv, unzip them, and put them into {tmp_path}"
    )
    for name in ("train.csv", "product_descriptions.csv", "attributes.csv"):
        (tmp_path / name).touch()
    assert all(file.kept for file in fetch("home_depot", tmp_path, None, unseen, FAST_RETRIES))


def test_a_folder_that_cannot_be_written_is_an_error_of_one_line(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file"):
        get("wands", tmp_path / "file", web.url)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub with SQID."""
    data = tmp_path / "sqid" / "data"
    data.mkdir(parents=True)
    for file in PUBLICATIONS["sqid"].files:
        (data / file.name).write_text(file.name)
    with serve_hub() as served:
        served.add("crossingminds/shopping-queries-image-dataset", data.parent)
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_TOKEN", "of-the-account")
        yield served


def test_a_dataset_on_the_hub_comes_from_one_commit_with_the_token(hub: FakeHub, tmp_path: Path) -> None:
    name = "crossingminds/shopping-queries-image-dataset"
    hub.gated.add(name)
    hub.token = "of-the-account"
    folder = tmp_path / "fetched"
    fetched = fetch("sqid", folder, None, unseen, FAST_RETRIES)
    assert [file.name for file in fetched] == [file.name for file in PUBLICATIONS["sqid"].files]
    commit = hub.revisions[name]["main"]
    sent = [line for line in hub.requests if "/resolve/" in line]
    assert sent
    assert all(f"/resolve/{commit}/data/" in line for line in sent)
    before = len(hub.requests)
    assert all(file.kept for file in fetch("sqid", folder, None, unseen, FAST_RETRIES))
    assert len(hub.requests) == before


def test_offline_a_dataset_on_the_hub_is_not_asked_for(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        NetworkError, match="sqid is not complete, and HF_HUB_OFFLINE is set\nOn a machine with network"
    ):
        fetch("sqid", tmp_path / "fetched", None, unseen, FAST_RETRIES)
    assert hub.requests == []
