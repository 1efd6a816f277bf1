from pathlib import Path

import pandas as pd
from PIL import Image

from vitrine.plots.categories import SHOWN, write_confusion


def test_a_plot_of_many_classes_is_as_large_as_one_of_the_most_confused(tmp_path: Path) -> None:
    for classes in (SHOWN, 3 * SHOWN):
        names = [f"class {number}" for number in range(classes)]
        confusion = pd.DataFrame(1, index=pd.Index(names, name="category"), columns=pd.Index(names, name="predicted"))
        write_confusion(tmp_path / f"{classes}.png", confusion)
    sizes = {Image.open(path).size for path in tmp_path.iterdir()}
    assert len(sizes) == 1
