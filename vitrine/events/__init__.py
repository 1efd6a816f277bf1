"""Events of searches and feedback: written in batches, read as Arrow tables, summarised in MLflow."""
