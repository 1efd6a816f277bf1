"""Descriptions of encoders of texts and images."""

from vitrine.encoders.inspection import describe
from vitrine.encoders.loading import load_encoder


def test_the_towers_and_the_image_preprocessing_of_a_clip_are_described(checkpoint_directory):
    described = describe(load_encoder(checkpoint_directory))
    assert (described["kind"], described["dimension"], described["images"]) == ("clip", 24, True)
    assert described["clip.vision_config.image_size"] == 32
    assert described["clip.text_config.hidden_act"] == "quick_gelu"
    assert described["images.image_mean"] == [0.48145466, 0.4578275, 0.40821073]
