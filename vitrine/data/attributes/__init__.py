"""Attributes: further typed columns of a catalogue, which are shown, filtered by, counted and sorted by."""
