"""Download of the images that a catalogue names by URL, bounded, resumable, and with a report."""
