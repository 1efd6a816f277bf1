"""Contrastive training of a small CLIP on a catalogue's own texts and pictures."""

from vitrine.encoders.clip.training.fit import train_clip

__all__ = ["train_clip"]
