"""Custom TFX components: what no standard component does."""
