"""Features in Feast: the offline files, the online store, and looking both up."""
