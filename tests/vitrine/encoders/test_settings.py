"""The settings of encoders: valid and invalid values."""

import pytest
from pydantic import ValidationError

from vitrine.encoders.settings import EncoderSettings


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kinds": "clip"}, "Extra inputs are not permitted"),
        ({"kind": "bow"}, "Input should be 'clip', 'sentence' or 'precomputed'"),
        ({"precision": "float16"}, "Input should be 'float32' or 'bfloat16'"),
        ({"kind": "sentence"}, "source 'scratch' is for kind 'clip'"),
        ({"kind": "sentence", "source": "preset:clip_vit_base_patch32"}, "is for kind 'clip'"),
        ({"architecture": {"width": 100, "heads": 3}}, "width 100 is not a multiple of heads 3"),
        ({"architecture": {"image_size": 64, "patch_size": 12}}, "image_size 64 is not a multiple of patch_size 12"),
        ({"training": {"epochs": 0}}, "greater than 0"),
        (
            {"training": {"mode": "lora"}},
            "expected a section with a mode: none, scratch, judgements, contrastive, both",
        ),
        ({"training": None}, "expected a section with a mode"),
        ({"training": {"mode": "none"}}, "training.mode 'none' is for pretrained encoders; the source is 'scratch'"),
        (
            {"kind": "precomputed", "source": "there", "training": {"mode": "judgements"}},
            "training.mode 'judgements' is for kind 'sentence' or 'clip'; the kind is 'precomputed'",
        ),
        (
            {"kind": "sentence", "source": "there", "training": {"mode": "both"}},
            "training.mode 'both' is for kind 'clip'; the kind is 'sentence'",
        ),
        ({"query_prompt": "q: "}, "query_prompt is for kind 'sentence'; the kind 'clip' has no use for it"),
        (
            {"kind": "sentence", "source": "s", "query_prompt": {"query": None}},
            "needs quotes in YAML, such as 'query: '",
        ),
        ({"dimension": 64}, "dimension is for kind 'sentence'"),
        ({"kind": "precomputed", "source": "v", "query_prompt": "q: "}, "query_prompt is for kind 'sentence'"),
        ({"kind": "precomputed", "source": "v", "text": "t", "document_prompt": ""}, "document_prompt is for kind"),
    ],
)
def test_invalid_settings_are_errors_with_the_allowed_values(fields, message):
    with pytest.raises(ValidationError, match=message):
        EncoderSettings(**fields)
