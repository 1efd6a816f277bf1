"""Fine-tuning of pretrained encoders on a shop's own judgements, and on the texts and images of its products."""
