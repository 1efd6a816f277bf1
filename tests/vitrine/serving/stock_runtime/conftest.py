"""Checkpoints of all families, made as in their own tests."""

from tests.vitrine.encoders.conftest import (  # noqa: F401
    checkpoint_directory,
    clip_tokenizer_directory,
    make_checkpoint,
)
from tests.vitrine.encoders.open_clip.conftest import make_open_clip  # noqa: F401
from tests.vitrine.encoders.siglip.conftest import (  # noqa: F401
    make_siglip,
    siglip_directory,
    siglip_tokenizer_directory,
)
