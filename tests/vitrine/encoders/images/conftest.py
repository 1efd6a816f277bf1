"""Checkpoints of the families of texts and images, made as in their own tests."""

from tests.vitrine.encoders.siglip.conftest import (  # noqa: F401
    make_siglip,
    siglip_directory,
    siglip_tokenizer_directory,
)
