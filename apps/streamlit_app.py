"""The page that shows runs and pushed versions, and compares the results of two catalogues.

`streamlit run apps/streamlit_app.py -- --runs runs --gateway http://127.0.0.1:8000`
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

import compare_page
import run_folder
from gateway_client import GatewayError, gateway_url, models
from markdown_text import escape_markdown
from pipelines.run_discovery import find_runs
from run_folder import BENCHMARK, REPORT, UnreadableError
from vitrine.errors import DataError


def options(arguments: list[str]) -> tuple[Path, str]:
    """Return the folder of runs and the gateway's URL, from the arguments, the environment, or the defaults."""
    parser = argparse.ArgumentParser(prog="streamlit run apps/streamlit_app.py --")
    runs = os.environ.get("VITRINE_RUNS") or "runs"
    parser.add_argument("--runs", default=runs, help="A folder of runs, or one run.")
    parser.add_argument("--gateway", default=gateway_url(), help="The gateway's address.")
    known = parser.parse_args(arguments)
    return Path(known.runs), known.gateway.rstrip("/")


def section(title: str, table: Callable[[], Any]) -> None:
    """Show one table, or a notice that its figures are missing."""
    st.subheader(title)
    try:
        st.table(table())
    except run_folder.MISSING_FIGURES:
        st.info("There are no such figures, or they have another form.")


def run_page(run: Path) -> None:
    """Show the figures of one run."""
    try:
        report = run_folder.read(run, REPORT)
    except UnreadableError as error:
        st.warning(
            escape_markdown(f"{error} The run may be under way, or may have failed early: its run.log says more.")
        )
        return
    show_status(report)
    section("Above the floors", lambda: run_folder.floors(report))
    section("Rankings of the judged pools", lambda: run_folder.rankings(report["ranking"]))
    left, right = st.columns(2)
    with left:
        section("Confusion of labels", lambda: shade(run_folder.confusion(report)))
    with right:
        section("Labels", lambda: run_folder.per_class(report))
    section("Nodes", lambda: run_folder.nodes(report))


def show_status(report: dict[str, Any]) -> None:
    """Show the status of the run, and the size of its data."""
    status = str(report.get("status"))
    box = {"pushed": st.success, "refused": st.warning}.get(status, st.error)
    box(escape_markdown(f"{report.get('name')}: {status}"))
    for reason in [*(report.get("refused") or []), *([report["error"]] if report.get("error") else [])]:
        st.text(str(reason))
    with suppress(*run_folder.MISSING_FIGURES):
        st.caption(run_folder.size(report))


def shade(counts: pd.DataFrame) -> Any:
    """Shade the cells of a confusion matrix by their share of the row."""
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    styles = shares.map(lambda share: f"background-color: rgba(79, 70, 229, {share * 0.6:.2f}); text-align: right")
    return counts.style.apply(lambda _: styles, axis=None)


def benchmark_page(run: Path) -> None:
    """Show the benchmark of all rankings of this run's held-out queries, if there is one."""
    try:
        figures = run_folder.read(run, BENCHMARK)
    except UnreadableError as error:
        st.info(f"{escape_markdown(str(error))} `vitrine benchmark` writes one.")
        return
    section("Judged pools", lambda: run_folder.best_first(figures["rankings"]["pools"]))
    section("Slices of the queries, nDCG@10", lambda: run_folder.slices(figures))


def serving_page(run: Path, catalogues: list[dict[str, Any]], problem: str) -> None:
    """Show the versions that this run pushed, and the catalogues that the gateway serves."""
    st.subheader("Pushed versions")
    table = run_folder.pushed(run, catalogues)
    if table.empty:
        st.info("This run has pushed nothing.")
    else:
        st.table(table)
    st.subheader("Served now")
    if problem:
        st.warning(escape_markdown(problem))
    else:
        shown = ("name", "model", "version", "backend", "products", "dimension", "searches_images", "default")
        rows = [{key: escape_markdown(str(catalogue[key])) for key in shown} for catalogue in catalogues]
        st.table(pd.DataFrame(rows).set_index("name"))


def served_now(gateway: str) -> tuple[list[dict[str, Any]], str]:
    """Return the gateway's catalogues and "", or no catalogues and the error."""
    try:
        return models(gateway), ""
    except GatewayError as error:
        return [], str(error)


def main() -> None:
    """Show the page."""
    st.set_page_config(page_title="Vitrine runs", layout="wide")
    root, gateway = options(sys.argv[1:])
    st.title("Vitrine runs")
    catalogues, problem = served_now(gateway)
    try:
        runs = find_runs(root)
    except DataError as error:
        runs, message = [], str(error)
    else:
        message = (
            f"There is no run in the folder {root}. Make one with vitrine run, or name another folder with --runs."
        )
    tabs = st.tabs(["Runs", "Run", "Benchmark", "Serving", "Compare"])
    with tabs[4]:
        compare_page.show(gateway, catalogues, problem)
    if not runs:
        tabs[0].warning(escape_markdown(message))
        return
    run = st.sidebar.selectbox("Run", runs, format_func=lambda folder: folder.name)
    st.sidebar.caption(escape_markdown(f"Gateway: {urlsplit(gateway).netloc.rpartition('@')[2]}"))
    with tabs[0]:
        st.table(run_folder.overview(runs))
    with tabs[1]:
        run_page(run)
    with tabs[2]:
        benchmark_page(run)
    with tabs[3]:
        serving_page(run, catalogues, problem)


if __name__ == "__main__":
    main()
