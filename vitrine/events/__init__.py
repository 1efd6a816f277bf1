"""What people searched for and what they chose: written in batches, read as Arrow tables, summed up in MLflow."""
