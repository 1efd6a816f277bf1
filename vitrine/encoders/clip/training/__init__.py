"""Contrastive training of a small CLIP on the texts and images of a catalogue."""

from vitrine.encoders.clip.training.fit import train_clip

__all__ = ["train_clip"]
