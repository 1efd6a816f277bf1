"""Downloads: images that a catalogue names by their addresses, and published datasets."""
