"""The comparison of encoders by themselves, without the words and the classifier of a search."""
