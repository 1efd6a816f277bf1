"""Product images: where they are, safe decoding, reading in parallel, copying."""
