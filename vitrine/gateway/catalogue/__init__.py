"""Catalogues of the gateway: the version that is served, and its products and filters."""
