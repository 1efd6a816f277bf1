"""Chinese-CLIP encoders of texts and images into one space."""
