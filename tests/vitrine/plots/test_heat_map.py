import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitrine.plots.heat_map import heat_map


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def test_cells_have_names_and_where_asked_numbers_that_stand_out(axes: Axes) -> None:
    values = pd.DataFrame([[0.9, 0.1], [0.25, 0.75]], ["I", "E"], ["I", "E"])
    heat_map(axes, values.rename_axis(index="judged", columns="predicted"), ".2f", low=0, high=1)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["I", "E"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "judged")
    assert {text.get_text(): text.get_color() for text in axes.texts} == {
        "0.90": "white", "0.10": "black", "0.25": "black", "0.75": "white",
    }  # fmt: skip


def test_without_numbers_a_bar_explains_the_colours(axes: Axes) -> None:
    heat_map(axes, pd.DataFrame([[0.2, 0.4]]))
    assert list(axes.texts) == []
    assert len(axes.figure.axes) == 2
