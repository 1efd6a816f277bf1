"""Image preprocessing that CLIP and SigLIP share."""
