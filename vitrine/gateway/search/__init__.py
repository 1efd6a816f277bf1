"""A search in the gateway, from query to response: ranking, results, facets, reasons and their recording."""
