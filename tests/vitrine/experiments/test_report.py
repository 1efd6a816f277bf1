import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from vitrine.errors import DataError
from vitrine.events.event import Event, FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.experiments.report import make_report

SHOWN = ["p1", "p2", "p3", "p4"]


def put(directory: Path, *events: Event) -> Path:
    with EventLog(directory) as log:
        for event in events:
            log.put(event)
    return directory


def search(request: str, user: str, arm: str, **more) -> SearchEvent:
    fields = {"time": 100.0, "experiment": "rank", "total": 4, "product_ids": SHOWN, "latency_ms": 10.0} | more
    return SearchEvent(request_id=request, user=user, arm=arm, **fields)


def click(request: str, product: str, time: float = 101.0, kind: str = "click") -> FeedbackEvent:
    return FeedbackEvent(time=time, request_id=request, product_id=product, kind=kind)


def value(report, name: str) -> tuple[float, float]:
    (metric,) = [metric for metric in report.metrics if metric.name == name]
    return metric.a, metric.b


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put(
        tmp_path_factory.mktemp("events"),
        click("1", "p3", time=103.0),
        click("1", "p2", time=102.0),
        click("1", "p2", time=104.0),
        click("1", "p2", time=105.0, kind="purchase"),
        search("1", "ann", "a", latency_ms=20.0, cached=False),
        search("2", "ann", "a", total=0, product_ids=[], latency_ms=40.0, cached=False),
        search("3", "bob", "a", junk=True, latency_ms=60.0, cached=True),
        search("4", "cyd", "b"),
        click("4", "p1"),
        click("4", "p9"),
        search("5", "dan", "b"),
        search("5", "dan", "b"),
        search("6", "eve", "a"),
        search("7", "eve", "b"),
        click("7", "p1"),
        search("8", "", "b"),
        search("9", "fay", "b", experiment="other"),
        click("9", "p1"),
    )


def test_metrics_are_means_over_searches(events: Path) -> None:
    report = make_report(events, "rank")
    assert (report.a, report.b) == ("a", "b")
    assert value(report, "clicks per search") == pytest.approx((2 / 3, 1 / 2))
    assert value(report, "purchases per search") == pytest.approx((1 / 3, 0))
    assert value(report, "MRR of the first click") == pytest.approx((1 / 2 / 3, 1 / 2))
    assert value(report, "searches without results") == pytest.approx((1 / 3, 0))
    assert value(report, "junk queries") == pytest.approx((1 / 3, 0))


def test_the_rank_of_a_click_counts_over_all_pages(tmp_path: Path) -> None:
    events = [(search(f"{n}", f"u{n}", arm, offset=48), click(f"{n}", "p2")) for n, arm in enumerate("ab")]
    report = make_report(put(tmp_path, *(event for pair in events for event in pair)), "rank")
    assert value(report, "MRR of the first click") == pytest.approx((1 / 50, 1 / 50))


def test_a_log_without_offsets_has_the_rank_in_the_feedback(tmp_path: Path) -> None:
    lines = []
    for number, arm in enumerate("ab"):
        asked = {"event": "search", "time": 100.0, "request_id": f"{number}", "user": f"u{number}", "arm": arm}
        shown = {
            "experiment": "rank",
            "total": 100,
            "product_ids": SHOWN,
            "latency_ms": 1.0,
            "junk": False,
            "teams": [],
        }
        sent = {"event": "feedback", "time": 101.0, "request_id": f"{number}", "product_id": "p1", "kind": "click"}
        lines += [asked | shown, sent | {"position": 49}]
    (tmp_path / "events-1970-01-01-0123456789abcdef.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines)
    )
    assert value(make_report(tmp_path, "rank"), "MRR of the first click") == pytest.approx((1 / 49, 1 / 49))


def test_arms_show_who_counts_and_how_long_they_waited(events: Path) -> None:
    a, b = make_report(events, "rank").arms
    assert (a.name, a.users, a.searches, a.latency_p50_ms) == ("a", 2, 3, 40.0)
    assert a.latency_p95_ms == pytest.approx(58.0)
    assert (a.uncached, a.uncached_p50_ms, a.uncached_p95_ms) == (2, 30.0, pytest.approx(39.0))
    assert (b.name, b.users, b.searches, b.share) == ("b", 2, 2, 0.5)
    assert (b.uncached, str(b.uncached_p95_ms)) == (0, "nan")  # the log does not say it


def test_what_does_not_count_is_said(events: Path) -> None:
    excluded = make_report(events, "rank").excluded
    assert excluded.model_dump() == {
        "users_in_several_arms": 1,
        "users_over_cap": 0,
        "searches_without_user": 1,
        "repeated_searches": 1,
        "feedback_on_products_not_shown": 1,
        "damaged_lines": 0,
    }


def test_users_with_too_many_searches_can_be_left_out(tmp_path: Path) -> None:
    bot = [search(f"bot {number}", "bot", "a") for number in range(50)]
    people = [search(user, user, arm) for user, arm in zip("uvwx", "aabb", strict=True)]
    report = make_report(put(tmp_path, *bot, *people), max_searches=49)
    assert report.excluded.users_over_cap == 1
    assert [arm.searches for arm in report.arms] == [2, 2]


def test_searches_whose_arm_was_named_are_no_part_of_the_sample(tmp_path: Path) -> None:
    people = [search(user, user, arm) for user, arm in zip("uvwx", "aabb", strict=True)]
    compared = [search(f"both {arm}", "u", arm, forced=True) for arm in "ab"]
    report = make_report(put(tmp_path, *people, *compared), "rank")
    assert [arm.searches for arm in report.arms] == [2, 2]
    assert report.excluded.users_in_several_arms == 0


def test_a_time_can_be_chosen_and_later_feedback_counts(tmp_path: Path) -> None:
    searches = [search(f"{arm}{time}", f"{arm}{time}", arm, time=float(time)) for arm in "ab" for time in range(6)]
    report = make_report(put(tmp_path, *searches, click("a3", "p1", time=999.0)), since=2.0, until=4.0)
    assert [arm.searches for arm in report.arms] == [2, 2]
    assert value(report, "clicks per search") == (0.5, 0.0)


def test_arms_can_be_chosen(tmp_path: Path) -> None:
    directory = put(tmp_path, *(search(arm, arm, arm) for arm in "abc"), click("c", "p1"))
    report = make_report(directory, a="c", b="a")
    assert (report.a, report.b) == ("c", "a")
    assert value(report, "clicks per search") == (1.0, 0.0)
    assert [arm.name for arm in report.arms] == ["a", "b", "c"]
    for a, b in [(None, None), ("a", "d"), ("a", "a")]:
        with pytest.raises(DataError, match="has the arms a, b, c; say with --a and --b which two"):
            make_report(directory, a=a, b=b)


def test_a_split_that_was_not_configured_is_not_trusted(tmp_path: Path) -> None:
    users = [search(f"a{n}", f"a{n}", "a") for n in range(300)] + [search(f"b{n}", f"b{n}", "b") for n in range(200)]
    directory = put(tmp_path, *users)
    equal = make_report(directory)
    assert equal.sample_ratio.assumed_equal
    assert not equal.sample_ratio.trusted
    assert equal.sample_ratio.p_value == pytest.approx(stats.chisquare([300, 200]).pvalue)
    assert equal.verdict[0].startswith(
        "DO NOT TRUST THIS RESULT: users are not split as configured (p < .001): a has 300"
    )
    configured = make_report(directory, shares={"a": 0.6, "b": 0.4})
    assert configured.sample_ratio.p_value == pytest.approx(1.0)
    assert configured.verdict == ["No difference shown between a and b."]
    missing = make_report(directory, shares={"a": 0.5, "b": 0.3, "c": 0.2})
    assert not missing.sample_ratio.trusted
    assert missing.arms[2].users == 0


def interleaved(request: str, user: str, teams: list[str]) -> SearchEvent:
    return search(request, user, "mixed", teams=teams)


def test_interleaving_credits_clicks_to_the_team_of_the_product(tmp_path: Path) -> None:
    teams = ["new", "old", "old", "new"]
    report = make_report(
        put(
            tmp_path,
            *(interleaved(str(number), f"u{number}", teams) for number in range(5)),
            click("0", "p1"), click("0", "p4"), click("0", "p2"),
            click("1", "p4"),
            click("2", "p3"),
            click("3", "p1"), click("3", "p2"), click("3", "p2"), click("3", "p3", kind="purchase"),
        )
    )  # fmt: skip
    result = report.interleaving
    assert (result.a, result.b, result.lists) == ("new", "old", 5)
    assert (result.wins_a, result.wins_b, result.ties) == (2, 1, 1)
    assert result.delta == pytest.approx((1 + 0.5) / 4 - 0.5)
    assert report.metrics == []
    assert report.sample_ratio is None
    assert report.verdict[0].startswith("Interleaving shows no preference: of 4 clicked lists old won 1 and new 2; ")


def test_users_who_all_get_interleaved_lists_are_not_split(tmp_path: Path) -> None:
    lists = [search(f"m{number}", f"m{number}", "", teams=["a", "b", "b", "a"]) for number in range(30)]
    clicks = [click(f"m{number}", "p2") for number in range(30)]
    report = make_report(put(tmp_path, *lists, *clicks), "rank", "a", "b", {"a": 0.5, "b": 0.5})
    assert report.sample_ratio is None
    assert report.verdict[0].startswith("Interleaved, people prefer b")


def test_an_experiment_may_have_arms_and_interleaving(tmp_path: Path) -> None:
    mixed = [interleaved(f"m{number}", f"m{number}", ["a", "b", "b", "a"]) for number in range(30)]
    clicks = [click(f"m{number}", "p2") for number in range(30)]
    users = [search(f"{arm}{number}", f"{arm}{number}", arm) for arm in "ab" for number in range(30)]
    report = make_report(put(tmp_path, *mixed, *clicks, *users))
    assert (report.a, report.b) == ("a", "b")
    assert [(arm.name, arm.users) for arm in report.arms] == [("a", 30), ("b", 30), ("mixed", 30)]
    assert value(report, "clicks per search") == (0.0, 0.0)
    assert report.interleaving.wins_b == 30
    assert report.verdict[-1].startswith("Interleaved, people prefer b: of 30 clicked lists b won 30 and a 0")


def test_what_cannot_be_reported_is_one_clear_line(events: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such directory of events"):
        make_report(tmp_path / "none")
    with pytest.raises(DataError, match="no searches there in that time"):
        make_report(tmp_path)
    with pytest.raises(DataError, match="say with --experiment which one is meant: other, rank"):
        make_report(events)
    with pytest.raises(DataError, match="no experiment 'rnak' there, but other, rank"):
        make_report(events, "rnak")
    with pytest.raises(DataError, match="experiment 'other' has the arms b; say"):
        make_report(events, "other")
    with pytest.raises(DataError, match="no search there was part of an experiment"):
        make_report(put(tmp_path / "plain", search("1", "ann", "", experiment="")))
    with pytest.raises(DataError, match=r"no search that counts \(searches without user 1\)"):
        make_report(put(tmp_path / "nobody", search("1", "", "a")))


def test_searches_without_differences_leave_nothing_to_test(tmp_path: Path) -> None:
    report = make_report(put(tmp_path, *(search(f"{arm}{n}", f"{arm}{n}", arm) for arm in "ab" for n in range(9))))
    assert all(math.isnan(metric.p_corrected) for metric in report.metrics)
    assert '"p_value":null' in report.model_dump_json()


def test_an_injected_lift_is_found_and_worded(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    events: list[Event] = []
    for number in range(3000):
        arm = "ab"[number % 2]
        for search_number in range(1 + rng.poisson(2)):
            request = f"{number}-{search_number}"
            events.append(search(request, f"u{number}", arm))
            if rng.random() < (0.3 if arm == "a" else 0.4):
                events.append(click(request, "p1"))
    report = make_report(put(tmp_path, *events))
    clicks = report.metrics[0]
    assert clicks.relative_low < 1 / 3 < clicks.relative_high
    assert clicks.p_corrected < 0.001
    assert report.verdict[0] == (
        f"b has {clicks.relative:.1%} more clicks per search than a "
        f"(95% interval {clicks.relative_low:.1%} to {clicks.relative_high:.1%}, p < .001)."
    )
    assert f"it takes {clicks.users_needed:,} users per arm." in report.verdict[-1]
    swapped = make_report(tmp_path, a="b", b="a")
    assert swapped.metrics[0].p_value == pytest.approx(clicks.p_value)
    assert "fewer clicks per search than b" in swapped.verdict[0]
