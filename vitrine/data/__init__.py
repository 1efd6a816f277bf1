"""Catalogues and judgements: the contract, the adapters that write it, and the sample."""
