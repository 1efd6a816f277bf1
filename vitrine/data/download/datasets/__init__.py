"""Download of published datasets, file by file, resumed where it was interrupted."""
