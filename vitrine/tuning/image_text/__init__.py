"""Fine-tuning of encoders of texts and images: on a catalogue's products, on judgements, or on both."""

from vitrine.tuning.image_text.fit import tune

__all__ = ["tune"]
