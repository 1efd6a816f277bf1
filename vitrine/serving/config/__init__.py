"""The model server's configuration: `ModelServerConfig`, version policies, and files in protobuf's text format."""
