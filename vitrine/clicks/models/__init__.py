"""Click models in NumPy, fitted by expectation maximisation, and the choice among them by held-out likelihood."""
