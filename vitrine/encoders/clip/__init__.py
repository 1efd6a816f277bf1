"""CLIP: text and pictures in one space."""
