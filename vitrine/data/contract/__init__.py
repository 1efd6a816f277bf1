"""The contract of a data folder: its files, the rules that rows must keep, and the split by query."""
