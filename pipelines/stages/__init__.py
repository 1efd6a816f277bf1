"""The stages of a pipeline. Each module connects the nodes of one stage.

The whole run is ingest, embed, train, categorize, release; in a catalogue run, `blessed` takes the place of `train`
and `categorize`.
"""
