from pathlib import Path

import pytest

from pipelines.loop.journal import Cycle, Seen
from pipelines.loop.settings import TriggerSettings
from pipelines.loop.triggers import DAY, Signal, present, signals

HEADER = "query_id,query,product_id,esci_label\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two spans of judgements with 3 and 5 pairs, and a catalogue of one span."""
    write(tmp_path, "judgements/span-1", train=2, eval=1)
    write(tmp_path, "judgements/span-2", train=4, eval=1)
    write_catalogue(tmp_path, "span-1")
    return tmp_path


def write(data: Path, folder: str, **rows: int) -> None:
    for split, count in rows.items():
        (data / folder / split).mkdir(parents=True)
        lines = "".join(f"q,mug,p{number},E\n" for number in range(count))
        (data / folder / split / "judgements.csv").write_text(HEADER + lines)


def write_catalogue(data: Path, folder: str) -> None:
    (data / "catalogue" / folder).mkdir(parents=True)
    (data / "catalogue" / folder / "products.csv").write_text("product_id,title\np1,Mug\n")


def signal(
    data: Path, name: str, seen: Seen, last: Cycle | None = None, now: float = 0.0, **settings: object
) -> Signal:
    found = signals(data, TriggerSettings(**settings), seen, last, now)
    return next(signal for signal in found if signal.trigger == name)


def test_the_present_spans_are_those_of_their_highest_versions(data: Path) -> None:
    write(data, "judgements/span-2/version-3", train=1)
    write_catalogue(data, "span-4")
    assert present(data) == Seen(("2/3", "1"), ("4",))


def test_judged_pairs_count_from_the_spans_that_were_not_seen(data: Path) -> None:
    before = signal(data, "judgements", Seen(("1",)), judgements=6)
    assert not before.fires
    assert before.reason == "5 new judged pairs in span 2, and 6 are needed"
    assert signal(data, "judgements", Seen(("1",)), judgements=5).fires
    assert signal(data, "judgements", Seen(), judgements=8).fires
    assert signal(data, "judgements", Seen(("1", "2"))).reason == "0 new judged pairs in no span, and 500 are needed"


def test_a_corrected_span_counts_again(data: Path) -> None:
    write(data, "judgements/span-1/version-1", train=7)
    found = signal(data, "judgements", Seen(("1", "2")), judgements=7)
    assert found.fires
    assert found.figures == {"pairs": 7, "needed": 7, "spans": ["1/1"]}


def test_a_new_catalogue_asks_for_a_catalogue_run(data: Path) -> None:
    assert not signal(data, "catalogue", Seen(catalogue=("1",))).fires
    write_catalogue(data, "span-2")
    found = signal(data, "catalogue", Seen(catalogue=("1",)))
    assert found.fires
    assert found.kind == "refresh"


def test_a_catalogue_without_spans_is_not_followed(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "")
    assert not signal(tmp_path, "catalogue", Seen()).fires


@pytest.mark.parametrize(("days", "fires"), [(29.9, False), (30.1, True)])
def test_age_counts_from_the_beginning_of_the_last_cycle(data: Path, days: float, fires: bool) -> None:
    last = Cycle(1, "run", "promoted", 5 * DAY, 6 * DAY, 7, Seen(), ())
    assert signal(data, "age", Seen(), last, now=(5 + days) * DAY).fires is fires


def test_a_trigger_that_is_off_is_silent(data: Path) -> None:
    off = TriggerSettings(judgements=None, catalogue=False, age_days=None)
    assert signals(data, off, Seen(), None, 0.0) == []
