"""Request and response bodies of the gateway's API; its OpenAPI schema is generated from them."""
