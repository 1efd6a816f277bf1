"""The gateway: catalogues behind one HTTP API, for applications and for the page."""
