"""The search model in the graph: stored products, retrievers, scores, and the signatures that are served."""
