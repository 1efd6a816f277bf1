"""Catalogues and judgements: the contract, adapters, images, precomputed vectors, downloads and the sample."""
