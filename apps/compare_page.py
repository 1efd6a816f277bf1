"""The page that compares the results of two catalogues for one query, side by side."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from gateway_client import LABELS, MAX_QUERY, GatewayError, predicted_categories, search
from markdown_text import escape_markdown

SHOWN: Final = 10


def show(gateway: str, catalogues: list[dict[str, Any]], problem: str) -> None:
    """Show the results of one query from two catalogues."""
    if problem or not catalogues:
        st.warning(escape_markdown(problem) or "The gateway has no catalogue that can be searched yet.")
        return
    labels = {catalogue["name"]: f"{catalogue['name']}, version {catalogue['version']}" for catalogue in catalogues}
    query = st.text_input("Query", max_chars=MAX_QUERY, placeholder="red checked mug")
    if len(labels) == 1:
        st.caption("The gateway has one catalogue; with two, perhaps two versions of one, there is more to compare.")
    columns = st.columns(2)
    product_ids: list[list[str]] = []
    for index, column in enumerate(columns):
        with column:
            name = st.selectbox(
                f"Catalogue {'AB'[index]}", list(labels), min(index, len(labels) - 1), format_func=labels.__getitem__
            )
            if query.strip():
                product_ids.append(show_results(gateway, query, name))
    if len(product_ids) == 2 and all(product_ids):
        first, second = product_ids
        common, same = len(set(first) & set(second)), first[0] == second[0]
        st.caption(f"{common} of the first {SHOWN} are in both; the first one is {'the same' if same else 'another'}.")


def show_results(gateway: str, query: str, catalogue: str) -> list[str]:
    """Show a catalogue's results, and return their product ids."""
    try:
        response = search(gateway, query, catalogue=catalogue, k=SHOWN)
    except GatewayError as error:
        st.warning(escape_markdown(str(error)))
        return []
    if response["rewritten"]:
        st.caption(escape_markdown(f"Asked as: {response['rewritten']['query']}"))
    if categories := predicted_categories(response):
        st.caption(escape_markdown(f"Predicted categories: {categories}"))
    if response["message"]:
        st.info(escape_markdown(response["message"]))
    rows = [
        {
            "rank": result["rank"],
            "product": escape_markdown(result["title"] or result["product_id"]),
            "price": "" if result["price"] is None else f"{result['price']:,.2f}",
            "score": f"{result['score']:.3f}",
            "label": LABELS[result["label"]],
        }
        for result in response["results"]
    ]
    if rows:
        st.table(pd.DataFrame(rows).set_index("rank"))
    return [result["product_id"] for result in response["results"]]
