import numpy as np
import pytest

from vitrine.search.row_blocks import row_blocks, take_rows


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_blocks_cover_all_rows_once(count):
    blocks = list(row_blocks(count, 3))
    assert [row for block in blocks for row in range(count)[block]] == list(range(count))
    assert all(block.stop - block.start <= 3 for block in blocks)


def test_rows_are_taken_in_the_order_asked_for():
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert take_rows(matrix, np.array([2, 0, 2])).tolist() == matrix[[2, 0, 2]].tolist()
    assert take_rows(matrix, np.array([], np.int64)).shape == (0, 3)
