import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SOURCES = {
    "vitrine/__init__.py": "",
    "vitrine/a.py": "from typing import Any\nfrom vitrine import b\nx: Any = b\ny: Any = b\n",
    "vitrine/b.py": "def late():\n    from vitrine.shop import c\n    return c\n",
    "vitrine/shop/__init__.py": "",
    "vitrine/shop/c.py": "import vitrine.a\n",
    "vitrine/shop/d.py": "import vitrine.a\n",
    "cli/__init__.py": "",
    "cli/main.py": "import vitrine.shop.d\n",
}


def test_the_figures_are_those_of_another_checkout(tmp_path: Path) -> None:
    for name, source in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    command = [sys.executable, "-m", "benchmarks.code_structure", "--checkout", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.splitlines() == [
        "modules: 5 in 3 folders",
        "lines of a module: median 1, most 4",
        "largest folders: vitrine 2, vitrine/shop 2, cli 1",
        "modules in circles of imports: 3",
        "uses of Any: 2",
    ]
