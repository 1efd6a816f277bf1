"""Tests against Feast itself: registry, offline join and each online store; Redis only where it is installed."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.redis_server import is_installed, running_redis
from feature_repo.definitions import CLASSIFIER_SERVICE, definitions
from vitrine.data.formats.records import Records
from vitrine.features.offers.attributes import BUILT_IN, Attributes
from vitrine.features.offers.changes import check_changes
from vitrine.features.offers.online import open_offers
from vitrine.features.offers.settings import OfferSettings
from vitrine.features.offers.update import apply_update
from vitrine.features.offline import Embeddings
from vitrine.features.online import open_features
from vitrine.features.registration import Registration, register
from vitrine.features.settings import FeatureSettings
from vitrine.features.store import FeatureStoreError, open_store

Make = Callable[..., Embeddings]


@pytest.fixture(scope="module")
def redis_address() -> Iterator[str]:
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        yield server.address


@pytest.fixture(scope="module", params=["sqlite", "milvus", "redis"])
def settings(request: pytest.FixtureRequest) -> FeatureSettings:
    """Settings of each kind of online store."""
    online = {"type": request.param}
    if request.param == "redis":
        online["connection_string"] = request.getfixturevalue("redis_address")
    return FeatureSettings.model_validate({"online": online})


@pytest.fixture(scope="module")
def registered(settings: FeatureSettings, make_embeddings: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feature store of twelve products with vectors of length 8."""
    directory = tmp_path_factory.mktemp(settings.online.type) / "features"
    register(make_embeddings(), directory, settings, definitions)
    return directory


def vector(embeddings: Embeddings, row: int, name: str = "text_vector") -> np.ndarray:
    return np.array(embeddings.products[name][row].as_py(), np.float32)


def test_the_online_store_answers_for_a_product(registered: Path, make_embeddings: Make) -> None:
    with open_features(registered) as features:
        two, three = features.products(["p2", "p3"])
    assert (two["product_id"], two["title"], two["brand"], two["color"]) == ("p2", "mug number 2", "Tassel", "")
    assert (two["has_text"], two["has_image"], three["has_image"]) == (1, 1, 0)
    np.testing.assert_allclose(two["text_vector"], vector(make_embeddings(), 2), atol=1e-6)
    np.testing.assert_allclose(two["image_vector"], vector(make_embeddings(), 2, "image_vector"), atol=1e-6)
    assert three["image_vector"] is None


def test_the_online_store_answers_for_a_query(registered: Path, make_embeddings: Make) -> None:
    with open_features(registered) as features:
        rows = features.queries(["q1", "q0"])
    assert [row["query"] for row in rows] == ["bag", "red mug"]
    np.testing.assert_allclose(rows[0]["query_vector"], make_embeddings().queries["query_vector"][1].as_py(), atol=1e-6)


def test_an_unknown_product_has_no_features(registered: Path) -> None:
    with open_features(registered) as features:
        (row,) = features.products(["p99"])
        assert features.products([]) == []
    assert row.pop("product_id") == "p99"
    assert set(row.values()) == {None}


@pytest.mark.parametrize("view", ["product_text", "product_image"])
def test_the_nearest_products_to_a_vector_come_best_first(registered: Path, make_embeddings: Make, view: str) -> None:
    embeddings = make_embeddings()
    name = {"product_text": "text_vector", "product_image": "image_vector"}[view]
    query = vector(embeddings, 5, name) + 0.3 * vector(embeddings, 8, name)
    with open_features(registered) as features:
        neighbours = features.nearest(query, 4, view)
    vectors = np.array(embeddings.products[name].to_pylist(), np.float32)
    cosines = vectors @ query / np.linalg.norm(query)
    present = np.linalg.norm(vectors, axis=1) > 0
    expected = [index for index in np.argsort(-cosines) if present[index]][:4]
    assert [neighbour.id for neighbour in neighbours] == [f"p{index}" for index in expected]
    assert neighbours[0].id == "p5"
    np.testing.assert_allclose([neighbour.score for neighbour in neighbours], cosines[expected], atol=1e-5)


def test_a_view_without_vectors_is_refused(registered: Path) -> None:
    with open_features(registered) as features, pytest.raises(FeatureStoreError, match="has no vectors"):
        features.nearest(np.zeros(8, np.float32), 1, "product_attributes")


def test_another_process_can_open_an_embedded_store_afterwards(make_embeddings: Make, tmp_path: Path) -> None:
    register(make_embeddings(), tmp_path, FeatureSettings.model_validate({"online": {"type": "milvus"}}), definitions)
    program = (
        "import sys; from pathlib import Path; from vitrine.features.online import open_features\n"
        "with open_features(Path(sys.argv[1])) as features: print(features.products(['p2'])[0]['title'])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "mug number 2\n"
    assert done.stderr == ""


def test_the_repository_can_be_moved(registered: Path, make_embeddings: Make, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(registered, tmp_path / "moved"))
    with open_features(moved) as features:
        assert features.products(["p4"])[0]["title"] == "mug number 4"
        assert features.nearest(vector(make_embeddings(), 4), 1)[0].id == "p4"


def test_the_registry_holds_the_definitions(registered: Path) -> None:
    with open_store(registered) as store:
        assert {entity.name: entity.join_key for entity in store.list_entities()} == {
            "query": "query_id",
            "product": "product_id",
            "project": "project",
        }
        vectors = {
            view.name: [field.name for field in view.features if field.vector_index]
            for view in store.list_feature_views()
        }
        (service,) = store.list_feature_services()
    assert vectors == {
        "query_text": ["query_vector"],
        "product_text": ["text_vector"],
        "product_image": ["image_vector"],
        "product_attributes": [],
        "registration": [],
    }
    assert service.name == CLASSIFIER_SERVICE
    assert {projection.name for projection in service.feature_view_projections} == vectors.keys() - {"registration"}


def test_a_summary_says_what_was_registered(
    make_embeddings: Make, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    now = datetime(2024, 5, 1, tzinfo=UTC)
    summary = register(make_embeddings(images=False), tmp_path, FeatureSettings(), definitions, now)
    assert summary.rows == {"query_text": 2, "product_text": 11, "product_image": 0, "product_attributes": 12}
    assert (summary.online_store, summary.dimension, summary.event_time) == ("sqlite", 8, now.isoformat())
    assert Registration(**json.loads((tmp_path / "summary.json").read_text())) == summary
    assert capfd.readouterr() == ("", "")
    with open_features(tmp_path) as features:
        assert features.nearest(np.ones(8, np.float32), 3, "product_image") == []


def test_registering_again_replaces_vectors_online_and_keeps_them_offline(
    settings: FeatureSettings, make_embeddings: Make, tmp_path: Path
) -> None:
    import pandas as pd

    before, after = make_embeddings(seed=10), make_embeddings(seed=20)
    settings = settings.model_copy(update={"project": "again"})
    then = datetime(2024, 5, 1, tzinfo=UTC)
    register(before, tmp_path, settings, definitions, then)
    register(after, tmp_path, settings, definitions, then + timedelta(days=1))
    with open_features(tmp_path) as features:
        np.testing.assert_allclose(features.products(["p2"])[0]["text_vector"], vector(after, 2), atol=1e-6)
        assert features.nearest(vector(after, 2), 1)[0].id == "p2"
    entities = pd.DataFrame(
        {"product_id": ["p2", "p2"], "event_timestamp": [then + timedelta(hours=1), then + timedelta(days=2)]}
    )
    with open_store(tmp_path) as store:
        joined = store.get_historical_features(entity_df=entities, features=["product_text:text_vector"]).to_df()
    joined = joined.sort_values("event_timestamp")["text_vector"].tolist()
    np.testing.assert_allclose(joined[0], vector(before, 2), atol=1e-6)
    np.testing.assert_allclose(joined[1], vector(after, 2), atol=1e-6)


def changed(embeddings: Embeddings, number: int, title: str, removed: int = 0) -> Embeddings:
    """Return embeddings with another vector and title of one product, and without the last `removed` products."""
    products = embeddings.products.slice(0, len(embeddings.products) - removed)
    for name, value in (("text_vector", [1.0] + [0.0] * 7), ("title", title)):
        values = products[name].to_pylist()
        values[number] = value
        products = products.set_column(
            products.column_names.index(name), name, pa.array(values, products.schema.field(name).type)
        )
    return Embeddings(products, embeddings.queries, embeddings.encoder)


def test_a_further_run_writes_what_changed_and_removes_what_is_gone(
    settings: FeatureSettings, make_embeddings: Make, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"project": "further"})
    first, second = tmp_path / "first", tmp_path / "second"
    before = make_embeddings(products=200)
    whole = register(before, first, settings, definitions)
    assert whole.written == whole.rows
    after = changed(before, 4, "copper lamp", removed=2)
    summary = register(after, second, settings, definitions, earlier=first)
    assert summary.rows == {"query_text": 2, "product_text": 197, "product_image": 132, "product_attributes": 198}
    assert summary.written == {"query_text": 0, "product_text": 1, "product_image": 0, "product_attributes": 1}
    assert summary.removed == {"query_text": 0, "product_text": 2, "product_image": 1, "product_attributes": 2}
    with open_features(second) as features:
        four, five, gone, gone_too = features.products(["p4", "p5", "p198", "p199"])
        assert (four["title"], five["title"]) == ("copper lamp", "mug number 5")
        np.testing.assert_allclose(four["text_vector"], [1, 0, 0, 0, 0, 0, 0, 0], atol=1e-6)
        np.testing.assert_allclose(five["text_vector"], vector(before, 5), atol=1e-6)
        assert set(gone.values()) | set(gone_too.values()) == {"p198", "p199", None}
        assert features.nearest(vector(after, 4), 1)[0].id == "p4"
        assert features.nearest(vector(before, 198), 1)[0].id != "p198"
        assert len(features.nearest(vector(before, 198), 300)) == 197
    if settings.online.type != "redis":
        with open_features(first) as features:
            assert features.products(["p4"])[0]["title"] == "mug number 4"
            assert features.products(["p199"])[0]["title"] == "mug number 199"


def test_a_run_with_other_settings_starts_anew(make_embeddings: Make, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    register(make_embeddings(), first, FeatureSettings(), definitions)
    summary = register(make_embeddings(), second, FeatureSettings(project="other"), definitions, earlier=first)
    assert summary.written == summary.rows
    with open_features(second) as features:
        assert features.products(["p2"])[0]["title"] == "mug number 2"


def test_everything_is_written_where_another_registration_wrote_since(
    redis_address: str, make_embeddings: Make, tmp_path: Path
) -> None:
    settings = FeatureSettings.model_validate(
        {"project": "shared", "online": {"type": "redis", "connection_string": redis_address}}
    )
    register(make_embeddings(), tmp_path / "first", settings, definitions)
    register(changed(make_embeddings(), 4, "copper lamp"), tmp_path / "elsewhere", settings, definitions)
    summary = register(make_embeddings(), tmp_path / "second", settings, definitions, earlier=tmp_path / "first")
    assert summary.written == summary.rows
    with open_features(tmp_path / "second") as features:
        assert features.products(["p4"])[0]["title"] == "mug number 4"


def test_a_removed_product_keeps_its_offer_in_a_shared_redis(
    redis_address: str, make_embeddings: Make, tmp_path: Path
) -> None:
    online = {"project": "both", "online": {"type": "redis", "connection_string": redis_address}}
    settings = FeatureSettings.model_validate(online)
    register(make_embeddings(), tmp_path / "first", settings, definitions)
    prices = pa.table({"product_id": ["p11"], "price": ["5"]})
    records = Records(prices, Path("prices"), pa.array([1]))
    changes = check_changes(records, Attributes(BUILT_IN))
    apply_update(tmp_path / "offers", changes, prices["product_id"], "prices", OfferSettings.model_validate(online))
    after = changed(make_embeddings(), 4, "copper lamp", removed=1)
    register(after, tmp_path / "second", settings, definitions, earlier=tmp_path / "first")
    with open_features(tmp_path / "second") as features, open_offers(tmp_path / "offers") as offers:
        assert features.products(["p11"])[0]["title"] is None
        assert offers.read(["p11"])["price"].to_pylist() == [5.0]


def packing_seconds(vectors: list[np.ndarray]) -> float:
    """Measure the processor time in which Feast converts `vectors` to its messages on this machine."""
    from feast.type_map import python_values_to_proto_values
    from feast.value_type import ValueType

    begun = time.thread_time()
    for _ in range(3):
        python_values_to_proto_values(vectors, ValueType.FLOAT_LIST)
    return (time.thread_time() - begun) / 3


def test_twenty_thousand_products_register_in_time(make_embeddings: Make, tmp_path: Path) -> None:
    embeddings = make_embeddings(products=20_000, dimension=128)
    vectors = list(np.zeros((20_000, 128), np.float32))
    before = packing_seconds(vectors)
    begun = time.thread_time()
    summary = register(embeddings, tmp_path, FeatureSettings(), definitions)
    seconds = time.thread_time() - begun
    # A bound in seconds would test the machine and its load. Registering takes about 20 times as long as packing.
    assert seconds < 30 * (before + packing_seconds(vectors)) / 2
    assert summary.rows["product_text"] == 19_999


def test_a_folder_that_is_no_feature_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeatureStoreError, match=r"no feature_store\.yaml in it"), open_features(tmp_path):
        pass


def test_a_server_that_does_not_answer_is_one_clear_line(make_embeddings: Make, tmp_path: Path) -> None:
    unreachable = FeatureSettings.model_validate({"online": {"type": "redis", "connection_string": "127.0.0.1:1"}})
    with pytest.raises(
        FeatureStoreError, match=r"the online store, redis, failed: Error 111 connecting to 127\.0\.0\.1:1"
    ):
        register(make_embeddings(), tmp_path, unreachable, definitions)
