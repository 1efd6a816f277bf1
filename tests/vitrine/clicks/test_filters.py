from pathlib import Path

import numpy as np
import pytest

from tests.vitrine.clicks.test_reading import click, put, search
from vitrine.clicks.filters import Kept, leave_out
from vitrine.clicks.reading import read_log
from vitrine.clicks.settings import FilterSettings
from vitrine.events.event import Event


def kept(directory: Path, *events: Event, depth: int = 20, **settings: object) -> Kept:
    return leave_out(read_log(put(directory, *events)), FilterSettings.model_validate(settings), depth)


def test_each_search_is_left_out_for_its_first_reason(tmp_path: Path) -> None:
    found = kept(
        tmp_path, search("r1"), search("r1"), search("r2", kind="image"), search("r3", junk=True, forced=True),
        search("r4", forced=True), search("r5", user="qa-7"), search("r6", user="boss"), search("r7", user=""),
        own_users=["qa-*", "boss"],
    )  # fmt: skip
    reasons = found.left_out
    assert (reasons.repeated_searches, reasons.image_searches, reasons.junk_queries, reasons.forced_arms) == (
        1,
        1,
        1,
        1,
    )
    assert (reasons.own_tests, reasons.searches_without_user, reasons.bots) == (2, 1, 0)
    assert (found.users, len(found.impressions)) == (1, 3)


def test_a_name_is_no_prefix(tmp_path: Path) -> None:
    assert kept(tmp_path, search("r1", user="boss"), search("r2", user="bosses"), own_users=["boss"]).users == 1


def test_anonymous_searches_can_be_kept_as_users_of_their_own(tmp_path: Path) -> None:
    found = kept(tmp_path, search("r1", user=""), search("r2", user=""), search("r3"), anonymous=True)
    assert (found.users, found.left_out.searches_without_user) == (3, 0)


def test_positions_below_the_depth_are_left_out(tmp_path: Path) -> None:
    found = kept(tmp_path, search("r1"), search("r2", offset=19), depth=20)
    assert (len(found.impressions), found.left_out.impressions_below_depth) == (4, 2)


@pytest.mark.parametrize(("minutes", "left"), [(29, 0), (31, 1)])
def test_a_clicked_product_does_not_count_again_for_a_while(tmp_path: Path, minutes: int, left: int) -> None:
    again = search("r2", time=1000.0 + minutes * 60)
    found = kept(tmp_path, search("r1"), click("r1", "b"), again, click("r2", "b"), repeat_minutes=30)
    assert found.left_out.repeated_impressions == 1 - left
    assert int(found.impressions.clicked.sum()) == 1 + left


def test_another_users_click_is_no_repeat(tmp_path: Path) -> None:
    events = search("r1"), click("r1", "b"), search("r2", user="bob"), click("r2", "b"), search("r3", "cup")
    assert kept(tmp_path, *events).left_out.repeated_impressions == 0


def people(count: int, seed: int = 0) -> list[Event]:
    """Ordinary users: some searches in some days, and a click here and there."""
    rng, events = np.random.default_rng(seed), list[Event]()
    for user in range(count):
        for number in range(1 + int(rng.geometric(0.2))):
            request = f"{user}-{number}"
            time = float(rng.uniform(0, 7 * 86_400))
            events.append(search(request, f"query {rng.integers(30)}", user=f"person {user}", time=time))
            events += [click(request, product, time=time + 1) for product in "abc" if rng.random() < 0.2]
    return events


def test_people_are_no_programs(tmp_path: Path) -> None:
    assert kept(tmp_path, *people(200)).left_out.bots == 0


@pytest.mark.parametrize(
    ("seconds", "count", "clicked"),
    [(1.0, 60, ""), (300.0, 288, ""), (3600.0, 40, "abc")],
    ids=["many in a minute", "many in a day", "clicks everything"],
)
def test_a_program_is_left_out(tmp_path: Path, seconds: float, count: int, clicked: str) -> None:
    program = [search(f"x{number}", user="x", time=number * seconds) for number in range(count)]
    clicks = [click(f"x{number}", product) for number in range(count) for product in clicked]
    found = kept(tmp_path, *people(200), *program, *clicks)
    assert (found.left_out.bots, found.left_out.searches_of_bots) == (1, count)


def test_one_search_with_many_clicks_convicts_nobody(tmp_path: Path) -> None:
    events = [search("x1", user="x"), *(click("x1", product) for product in "abc")]
    assert kept(tmp_path, *people(50), *events).left_out.bots == 0


def test_a_shop_whose_people_all_click_a_lot_has_no_programs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    events: list[Event] = []
    for user in range(50):
        for number in range(20):
            events.append(search(f"{user}-{number}", f"q{number}", user=f"u{user}", time=number * 4000.0))
            events += [click(f"{user}-{number}", product) for product in "abc" if rng.random() < 0.8]
    assert kept(tmp_path, *events).left_out.bots == 0
