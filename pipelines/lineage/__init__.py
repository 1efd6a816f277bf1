"""What made a pushed version: found, told in words, and drawn."""
