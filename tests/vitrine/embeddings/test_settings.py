from vitrine.embeddings.settings import EncodingSettings


def test_settings_survive_the_json_that_ml_metadata_keeps() -> None:
    settings = EncodingSettings(image_root="images", text_fields=("title", "brand"), precision="bfloat16", shards=3)
    assert EncodingSettings.model_validate_json(settings.model_dump_json()) == settings
