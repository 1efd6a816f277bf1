import json

from components.embedding_gen.settings import Settings


def test_settings_survive_the_json_that_ml_metadata_keeps() -> None:
    settings = Settings(image_root="images", text_fields=("title", "brand"), precision="bfloat16", shards=3)
    assert Settings.from_dict(json.loads(json.dumps(settings.as_dict()))) == settings
