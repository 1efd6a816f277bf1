"""Checkpoints that open_clip has saved, as checkpoints in Hugging Face's layout."""
