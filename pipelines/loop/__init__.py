"""The loop after the push: it watches for new data, retrains, compares, releases, and rolls back.

`cycle.advance` is one pass of it, whose every step may be killed and repeated; `journal` keeps its state.
"""
