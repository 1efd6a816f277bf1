import pandas as pd
import pytest
import tensorflow_data_validation as tfdv

from vitrine.plots.statistics import Statistics, distances, feature_table, top_values, value_plots


def counted(**columns: list[object]) -> Statistics:
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))


@pytest.fixture(scope="module")
def products() -> Statistics:
    return counted(
        color=["red", "red", "blue", None], price=[1.0, 2.0, 3.0, 10.0], views=pd.array([None] * 4, "string")
    )


def test_a_row_says_how_full_a_column_is_and_what_is_in_it(products: Statistics) -> None:
    table = feature_table(products)
    assert table.loc["color"].to_list() == ["75.0%", "2", "red (50.0%)", ""]
    assert table.loc["price"].to_list() == ["100.0%", "", "", "1.00 to 10.00, median 3.00"]
    assert table.loc["views", "present"] == "0.0%"


def test_the_commonest_values_come_first(products: Statistics) -> None:
    assert top_values(products, "color").to_dict() == {"red": 2, "blue": 1}


def test_plots_leave_out_columns_that_are_empty_or_not_there(products: Statistics) -> None:
    figure = value_plots(products, ["color", "views", "brand", "price"])
    assert [axes.get_title() for axes in figure.axes] == ["color", "price"]
    assert value_plots(products, ["views"]).axes == []


def test_the_same_shares_are_at_0_and_no_common_value_at_1() -> None:
    first = counted(query=["a", "b"], label=["E", "I"])
    second = counted(query=["c", "d"], label=["I", "E"])
    schema = tfdv.infer_schema(first)
    assert distances(first, second, schema).round(6).to_dict() == {"label": 0.0, "query": 1.0}
