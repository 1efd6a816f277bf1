"""The ESCI classifier of (query, product) pairs: features in the graph, model, training, calibration, export."""
