"""The stages of the pipeline, in their order: ingest, embed, train, release. Each connects the nodes of one of them."""
