"""Lists of queries and words for people: top, rising, without results, without clicks."""

from typing import Final

import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from vitrine.monitoring.figures import Lists, QueryFigures, Rising, WordFigures
from vitrine.monitoring.query_counts import QueryCounts
from vitrine.monitoring.query_words import ServedCatalogue, word_users
from vitrine.monitoring.rising import FALSE_DISCOVERIES, rising

FEWEST: Final = 2
"""Users from which a query is listed: a query of one person may be about that person."""


def query_lists(
    current: QueryCounts, reference: QueryCounts, min_users: int, top: int, catalogue: ServedCatalogue | None = None
) -> Lists:
    """Return the lists of a window, of at most `top` entries each.

    Args:
        current: The queries of the window.
        reference: The queries of the earlier window.
        min_users: The users, in both windows, of a query or a word that may be rising.
        top: The length of each list.
        catalogue: The served products, of which words may be unknown.
    """
    queries, before = current.frame(), reference.frame()
    listed = queries[queries["users"] >= FEWEST]
    words, words_before = word_users(queries["users"]), word_users(before["users"])
    unknown = catalogue.unknown(set(words.index)) if catalogue else set()
    unknown_users = words[words.index.isin(unknown) & (words >= FEWEST).to_numpy()].head(top)
    no_result = listed[listed["no_result"] > 0].sort_values(["no_result", "users"], ascending=False, kind="stable")
    return Lists(
        top=_figures(listed.head(top)),
        rising=_rising(rising(queries["users"], before["users"], min_users, reference.missed), top),
        rising_words=_rising(rising(words, words_before, min_users), top),
        no_result=_figures(no_result.head(top)),
        no_click=_figures(without_clicks(listed).head(top)),
        unknown_words=[WordFigures(word=str(word), users=int(count)) for word, count in unknown_users.items()],
    )


def without_clicks(queries: pd.DataFrame) -> pd.DataFrame:
    """Return the queries with results that are clicked less than others, those that miss most clicks first.

    A query is tested against the share of clicked searches of all queries with results (one-sided binomial test,
    Benjamini and Hochberg's correction): three searches without a click are no sign of anything.
    """
    answered = queries.assign(answered=queries["searches"] - queries["no_result"])
    answered = answered[answered["answered"] > 0]
    clicked, total = answered["clicked"].clip(upper=answered["answered"]), int(answered["answered"].sum())
    if not total or not clicked.sum():
        return answered.head(0)
    share = float(clicked.sum()) / total
    p_values = stats.binom.cdf(clicked, answered["answered"], share)
    significant = stats.false_discovery_control(p_values) < FALSE_DISCOVERIES
    found: pd.DataFrame = answered.assign(missed=answered["answered"] * share - clicked)[significant]
    return found.sort_values(["missed", "users"], ascending=False, kind="stable")


def _figures(queries: pd.DataFrame) -> list[QueryFigures]:
    rows = queries.rename_axis("query").reset_index()[list(QueryFigures.model_fields)].to_dict("records")
    return [QueryFigures.model_validate(row) for row in rows]


def _rising(found: pd.DataFrame, top: int) -> list[Rising]:
    rows = found.head(top).rename_axis("name").reset_index()[list(Rising.model_fields)].to_dict("records")
    return [Rising.model_validate(row) for row in rows]
