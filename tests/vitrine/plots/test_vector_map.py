import numpy as np
from matplotlib.figure import Figure

from vitrine.plots.vector_map import vector_map


def test_a_group_has_one_colour_and_a_name_and_a_kind_one_mark() -> None:
    axes = Figure().subplots()
    points = np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0], [6.0, 6.0]])
    vector_map(axes, points, ["mug", "mug", "lamp", "lamp"], ["text", "query", "text", "text"])
    assert [text.get_text() for text in axes.texts] == ["lamp", "mug"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["text", "query"]
    drawn = {
        tuple(map(tuple, marks.get_offsets().tolist())): marks.get_facecolor()[0].tolist() for marks in axes.collections
    }
    assert drawn[((0.0, 0.0),)] == drawn[((1.0, 1.0),)]
    assert drawn[((0.0, 0.0),)] != drawn[((5.0, 5.0), (6.0, 6.0))]
