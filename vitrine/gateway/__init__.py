"""The gateway: an HTTP search API over one or more catalogues, for applications and for the web page."""
