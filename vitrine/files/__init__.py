"""Atomic replacement of files and folders, and locks on them."""
