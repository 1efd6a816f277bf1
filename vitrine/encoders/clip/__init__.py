"""CLIP: text and pictures in one space, on KerasHub."""
