"""The routes of the gateway's API, one module per topic."""
