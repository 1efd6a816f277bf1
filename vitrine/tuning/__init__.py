"""Fine-tuning of pretrained encoders on a shop's own judgements."""
