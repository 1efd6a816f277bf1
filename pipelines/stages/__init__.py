"""The stages of the pipeline, in order: ingest, embed, train, release. Each module connects the nodes of one stage."""
