"""Features in Feast: offline files, the online store, and lookups in both."""
