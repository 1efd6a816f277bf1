"""The page that asks two catalogues the same, side by side."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from gateway_client import LABELS, MAX_QUERY, GatewayError, search
from markdown_text import plain

SHOWN: Final = 10


def show(gateway: str, catalogues: list[dict[str, Any]], problem: str) -> None:
    """The same query on two catalogues."""
    if problem or not catalogues:
        st.warning(plain(problem) or "The gateway has no catalogue that can be searched yet.")
        return
    names = {one["name"]: f"{one['name']}, version {one['version']}" for one in catalogues}
    query = st.text_input("Query", max_chars=MAX_QUERY, placeholder="red checked mug")
    if len(names) == 1:
        st.caption("The gateway has one catalogue; with two, perhaps two versions of one, there is more to compare.")
    columns = st.columns(2)
    found: list[list[str]] = []
    for side, column in enumerate(columns):
        with column:
            which = st.selectbox(
                f"Catalogue {'AB'[side]}", list(names), min(side, len(names) - 1), format_func=lambda name: names[name]
            )
            if query.strip():
                found.append(answer(gateway, query, which))
    if len(found) == 2 and all(found):
        common, same = len(set(found[0]) & set(found[1])), found[0][0] == found[1][0]
        st.caption(f"{common} of the first {SHOWN} are in both; the first one is {'the same' if same else 'another'}.")


def answer(gateway: str, query: str, catalogue: str) -> list[str]:
    """Show a catalogue's answer; the ids of what it found."""
    try:
        got = search(gateway, query, catalogue=catalogue, k=SHOWN)
    except GatewayError as error:
        st.warning(plain(str(error)))
        return []
    if got["rewritten"]:
        st.caption(plain(f"Asked as: {got['rewritten']['query']}"))
    if got["message"]:
        st.info(plain(got["message"]))
    rows = [
        {
            "rank": one["rank"],
            "product": plain(one["title"] or one["product_id"]),
            "price": "" if one["price"] is None else f"{one['price']:,.2f}",
            "score": f"{one['score']:.3f}",
            "label": LABELS[one["label"]],
        }
        for one in got["results"]
    ]
    if rows:
        st.table(pd.DataFrame(rows).set_index("rank"))
    return [one["product_id"] for one in got["results"]]
