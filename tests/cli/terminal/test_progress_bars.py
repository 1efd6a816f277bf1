import io
import time

from rich.console import Console

from cli.terminal.progress_bars import StepBars, bars
from vitrine import progress


def test_a_step_shows_its_rate_and_the_time_left() -> None:
    now = 0.0
    display = bars(Console(file=io.StringIO(), width=120))
    display.get_time = lambda: now
    steps = StepBars(display)
    progress.logger.addHandler(steps)
    progress.logger.setLevel("INFO")
    try:
        for done in (0, 2048, 4096):
            progress.report("encoding products", done, 40_960)
            now += 50
    finally:
        progress.logger.removeHandler(steps)
    screen = io.StringIO()
    Console(file=screen, width=120).print(display.get_renderable())
    assert "4096/40960" in screen.getvalue()
    assert "41.0/s, 0:15:00 left" in screen.getvalue()


def test_tasks_of_unequal_steps_show_no_pace() -> None:
    display = bars(Console(file=io.StringIO(), width=120))
    nodes = display.add_task("nodes", total=3)
    for _ in range(2):
        display.advance(nodes)
        time.sleep(0.01)
    screen = io.StringIO()
    Console(file=screen, width=120).print(display.get_renderable())
    assert "2/3" in screen.getvalue()
    assert "left" not in screen.getvalue()
