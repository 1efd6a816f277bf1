"""The HTML report of a window: one file that loads nothing from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine.monitoring.result import MonitoringResult, Traffic
from vitrine.monitoring.settings import MonitorSettings

TEMPLATE: Final = Path(__file__).with_name("report.html.j2")
_PERCENT: Final = ("no_result", "junk", "rewritten", "clicked", "filtered")


@dataclass(frozen=True)
class Row:
    """A row of a table: a name, and its formatted values in both windows."""

    name: str
    current: str
    reference: str


@dataclass(frozen=True)
class Day:
    """The searches of a day, and their share of the largest day's."""

    day: str
    searches: int
    share: float
    current: bool


def report_html(result: MonitoringResult, settings: MonitorSettings, columns_report: str | None) -> str:
    """Return the report; `columns_report` is the name of Evidently's report beside it, if there is one."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=False)
    environment.filters["p"] = _p
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        result=result,
        settings=settings,
        totals=_totals(result.current, result.reference),
        days=_days(result.current.days, result.reference.days),
        shares=_shares(result.current, result.reference),
        alerts={reason.subject for reason in result.verdict.reasons},
        columns_report=columns_report,
    )


def _totals(current: Traffic, reference: Traffic) -> list[Row]:
    def counted(name: str, title: str) -> Row:
        return Row(title, f"{getattr(current, name):,}", f"{getattr(reference, name):,}")

    def averaged(name: str, title: str, form: str) -> Row:
        values = (getattr(each, name) for each in (current, reference))
        return Row(title, *("–" if value is None else f"{value:{form}}" for value in values))

    rows = [
        counted("searches", "searches"),
        counted("users", "users"),
        counted("unidentified", "searches without a user"),
        counted("further_pages", "searches for further pages"),
        counted("distinct_queries", "distinct queries"),
        averaged("words", "words of a query", ".2f"),
        averaged("characters", "characters of a query", ".1f"),
        averaged("unknown_words", "with unknown words", ".1%"),
    ]
    shares = [current.shares, reference.shares]
    titles = {"no_result": "without results", "clicked": "with a click or a purchase"}
    rows += [Row(titles.get(name, name), *(_percent(each, name) for each in shares)) for name in _PERCENT]
    return rows


def _shares(current: Traffic, reference: Traffic) -> dict[str, list[Row]]:
    groups = {"language or script": (current.languages, reference.languages)}
    groups |= {name: (shares, reference.groups.get(name, {})) for name, shares in current.groups.items()}
    return {title: _share_rows(*pair) for title, pair in groups.items()}


def _share_rows(current: Mapping[str, float], reference: Mapping[str, float]) -> list[Row]:
    names = dict.fromkeys([*current, *reference])
    return [Row(name, _percent(current, name), _percent(reference, name)) for name in names]


def _percent(shares: Mapping[str, float], name: str) -> str:
    return f"{shares[name]:.1%}" if name in shares else "–"


def _days(current: Mapping[str, int], reference: Mapping[str, int]) -> list[Day]:
    counts = [(day, count, False) for day, count in reference.items() if day not in current]
    counts += [(day, count, True) for day, count in current.items()]
    largest = max((count for _, count, _ in counts), default=1)
    return [Day(day, count, count / largest, is_current) for day, count, is_current in sorted(counts)]


def _p(value: float, with_name: bool = False) -> str:
    text = "< .001" if value < 0.001 else f"{value:.3f}"
    return f"p {text}" if with_name and text.startswith("<") else f"p = {text}" if with_name else text
