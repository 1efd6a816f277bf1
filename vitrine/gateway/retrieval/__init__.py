"""Retrieval of candidates outside the model: from the collection of products that a run registers in Milvus."""
