"""Checkpoints from the Hugging Face Hub: `hub:ORG/NAME` or `hub:ORG/NAME@REVISION`."""
