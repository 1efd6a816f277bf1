"""Updates with Feast's real online stores, and with writers that are killed or concurrent."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.redis_server import RedisServer, is_installed, running_redis
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.errors import DataError, ServeError
from vitrine.features.offers.log import OfferLog
from vitrine.features.offers.online import open_offers
from vitrine.features.offers.reading import OfferReader
from vitrine.features.offers.settings import OfferSettings
from vitrine.features.offers.update import Update, restore, update_from_file
from vitrine.features.store import FeatureStoreError, open_store


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def settings(request: pytest.FixtureRequest) -> OfferSettings:
    """Settings of each kind of online store."""
    if request.param == "sqlite":
        return OfferSettings()
    address = request.getfixturevalue("redis").address
    online = {"type": "redis", "connection_string": address}
    return OfferSettings.model_validate({"project": request.node.originalname[:60], "online": online})


def update(serving: Path, text: str, settings: OfferSettings | None = None, **options: object) -> Update:
    file = serving.parent / "changes.csv"
    file.write_text(text)
    return update_from_file(serving, file, settings=settings or OfferSettings(), **options)  # type: ignore[arg-type]


def online(serving: Path, *ids: str) -> list[dict[str, object]]:
    with open_offers(serving / "features") as offers:
        rows: list[dict[str, object]] = offers.read(ids).to_pylist()
    return rows


def test_what_a_file_does_not_give_stays(serving: Path, settings: OfferSettings) -> None:
    update(serving, "product_id,price,stock\np1,5,3\np2,6,\n", settings)
    update(serving, "product_id,price,popularity\np1,,0.5\np2,null,\n")
    update(serving, "product_id,hidden\np1,1\n")
    assert online(serving, "p1", "p2", "p3") == [
        {"product_id": "p1", "price": 5.0, "stock": 3, "popularity": 0.5, "hidden": 1},
        {"product_id": "p2", "price": None, "stock": None, "popularity": None, "hidden": 0},
        {"product_id": "p3", "price": None, "stock": None, "popularity": None, "hidden": None},
    ]


def test_attributes_declared_later_join_those_that_there_are(serving: Path) -> None:
    update(serving, "product_id,price\np1,5\n")
    update(serving, "product_id,badge,days\np1,new,2\n", declared={"badge": "text", "days": "integer"})
    update(serving, "product_id,price\np1,6\n")
    assert online(serving, "p1") == [
        {"product_id": "p1", "price": 6.0, "stock": None, "popularity": None, "hidden": 0, "badge": "new", "days": 2}
    ]


def test_feast_has_a_push_source_and_the_history_for_joins(serving: Path) -> None:
    import pandas as pd

    update(serving, "product_id,price\np1,5\n")
    update(serving, "product_id,price\np1,6\n")
    log = OfferLog(serving / "features")
    times = [log.rows(number)["event_timestamp"][0].as_py() for number in (1, 2)]
    entities = pd.DataFrame({"product_id": ["p1", "p1"], "event_timestamp": times})
    with open_store(serving / "features") as store:
        (view,) = store.list_feature_views()
        assert view.stream_source.name == "product_offer_updates"
        joined = store.get_historical_features(entity_df=entities, features=["product_offer:price"]).to_df()
    assert joined.sort_values("event_timestamp")["price"].tolist() == [5.0, 6.0]


def test_products_that_are_not_served_are_counted_unless_all_are(serving: Path) -> None:
    summary = update(serving, "product_id,price\np1,5\nx1,6\nx2,7\n")
    assert (summary.products, summary.unknown, summary.first_unknown) == (3, 2, "x1")
    with pytest.raises(DataError, match=r"none of its 2 products is served; the first is x1"):
        update(serving, "product_id,price\nx1,5\nx2,6\n")
    assert OfferLog(serving / "features").last() == 1


def test_a_refused_file_changes_nothing(serving: Path) -> None:
    with pytest.raises(DataError, match=r"changes\.csv:3: price 'x'"):
        update(serving, "product_id,price\np1,5\np2,x\n")
    assert not (serving / "features").exists()


def test_a_folder_without_versions_is_named(tmp_path: Path) -> None:
    (tmp_path / "serving").mkdir()
    with pytest.raises(ServeError, match="expected the serving directory of a run"):
        update(tmp_path / "serving", "product_id,price\np1,5\n")


PROGRAM = """
import sys
from pathlib import Path
from vitrine.features.offers import online
from vitrine.features.offers.update import update_from_file
online.PUSH_ROWS = 100
for _ in range(int(sys.argv[3])):
    update_from_file(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def in_process(serving: Path, file: Path, times: int = 1) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(PROGRAM), str(serving), str(file), str(times)])


def test_an_update_that_is_killed_halfway_has_all_its_rows_or_none(serving: Path, settings: OfferSettings) -> None:
    update(serving, "product_id,price\np1,1\n", settings)
    reader = OfferReader(serving / "features")
    reader.refresh()
    file = serving.parent / "all.csv"
    file.write_text("product_id,price\n" + "".join(f"p{number},2\n" for number in range(3000)))
    log = OfferLog(serving / "features")
    process = in_process(serving, file)
    try:
        wait_until(lambda: log.last() == 2 or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
        process.wait(HANG_SECONDS)
    finally:
        process.kill()
    assert (log.applied(), log.last()) == (1, 2)
    assert len({row["price"] for row in online(serving, *(f"p{number}" for number in range(3000)))}) > 1
    reader.refresh()
    assert reader.current.sequence == 2
    assert set(reader.current.rows["price"].to_pylist()) == {2.0}
    assert OfferReader(serving / "features").refresh()
    update(serving, "product_id,stock\np7,7\n")
    assert {row["price"] for row in online(serving, *(f"p{number}" for number in range(3000)))} == {2.0}
    reader.refresh()
    assert (log.applied(), reader.current.rows.num_rows, reader.problem) == (3, 3000, None)


def test_concurrent_writers_take_turns_and_a_reader_sees_whole_updates(serving: Path) -> None:
    update(serving, "product_id,price,stock\n" + "".join(f"p{number},0,0\n" for number in range(1000)))
    processes = []
    for writer in (1, 2):
        file = serving.parent / f"{writer}.csv"
        file.write_text("product_id,price\n" + "".join(f"p{number},{writer}\n" for number in range(1000)))
        processes.append(in_process(serving, file, times=4))
    reader, seen = OfferReader(serving / "features"), []
    while any(process.poll() is None for process in processes):
        reader.refresh()
        seen.append(set(reader.current.rows["price"].to_pylist()))
    assert [process.returncode for process in processes] == [0, 0]
    assert all(len(prices) == 1 for prices in seen)
    log = OfferLog(serving / "features")
    assert (log.applied(), log.last()) == (9, 9)
    last = log.rows(9)["price"][0].as_py()
    assert {row["price"] for row in online(serving, *(f"p{number}" for number in range(1000)))} == {last}


def test_offers_move_to_another_online_store(serving: Path, redis: RedisServer) -> None:
    update(serving, "product_id,price\np1,5\np2,6\n")
    update(serving, "product_id,price\np1,7\n")
    moved = OfferSettings.model_validate(
        {"project": "moved", "online": {"type": "redis", "connection_string": redis.address}}
    )
    assert restore(serving / "features", moved) == 2
    assert [row["price"] for row in online(serving, "p1", "p2")] == [7.0, 6.0]
    with pytest.raises(FeatureStoreError, match="there are no offers"):
        restore(serving / "elsewhere")


def test_an_online_store_that_fails_leaves_the_update_to_the_next(serving: Path) -> None:
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        settings = OfferSettings.model_validate({"online": {"type": "redis", "connection_string": server.address}})
        update(serving, "product_id,price\np1,5\n", settings)
        reader = OfferReader(serving / "features")
        reader.refresh()
        server.kill()
        with pytest.raises(FeatureStoreError, match=r"redis, failed: Error 111.*gateways show update 2 nevertheless"):
            update(serving, "product_id,price\np1,6\n")
        reader.refresh()
        assert reader.current.rows["price"].to_pylist() == [6.0]
        server.start()
        update(serving, "product_id,price\np2,7\n")
        assert online(serving, "p1", "p2")[0]["price"] == 6.0


def test_without_feast_offers_are_read_and_not_changed(serving: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update(serving, "product_id,price\np1,5\n")
    monkeypatch.setitem(sys.modules, "feast", None)
    reader = OfferReader(serving / "features")
    assert reader.refresh()
    assert (reader.current.rows["price"].to_pylist(), reader.problem) == ([5.0], None)
    with pytest.raises(FeatureStoreError, match="offers cannot be changed from here, because Feast is not installed"):
        update(serving, "product_id,price\np1,6\n")
    assert OfferLog(serving / "features").last() == 1


def test_a_first_update_to_an_online_store_that_is_not_there_changes_nothing(serving: Path) -> None:
    settings = OfferSettings.model_validate({"online": {"type": "redis", "connection_string": "127.0.0.1:1"}})
    with pytest.raises(FeatureStoreError, match="redis, failed: Error 111"):
        update(serving, "product_id,price\np1,5\n", settings)
    assert OfferLog(serving / "features").last() == 0
    update(serving, "product_id,price\np1,5\n")
    assert online(serving, "p1")[0]["price"] == 5.0
