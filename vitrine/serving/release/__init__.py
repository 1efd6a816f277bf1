"""Releases: versions and labels of a served model move by rewriting its entry in `models.config`."""
