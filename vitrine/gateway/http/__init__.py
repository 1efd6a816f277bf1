"""The HTTP side of the gateway: application, routes, admission control, errors, logs and the web page."""
