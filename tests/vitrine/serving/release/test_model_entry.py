from pathlib import Path

import pytest

from vitrine.errors import ConfigError, ServeError
from vitrine.serving.config.model_config import parse_config
from vitrine.serving.release.model_entry import Entry, read_entry, rewrite_entry

FILE = Path("models.config")

BY_HAND = """\
# What production serves.
model_config_list {
  config {
    name: "pairs"  # { for the batch job
    base_path: "/models/pairs"
    model_version_policy { all {} }
  }
  config {
    name: "shop"
    base_path: "s3://bucket/shop"  # not of this machine
    model_platform: "tensorflow"
    # Only what has a label.
    model_version_policy {
      specific {
        versions: 1
      }
    }
    # Who answers whom.
    version_labels { key: "stable" value: 1 }
    logging_config { sampling_config { sampling_rate: 0.1 } }
  }
}
"""
STYLES = {
    "one a line": BY_HAND,
    "one line": 'model_config_list { config { name: "pairs" } config { name: "shop" base_path: "/m" } }',
    "no blanks": 'model_config_list{config{name:"pairs"}config{name:"shop"version_labels{key:"stable",value:1}}}',
    "angles and separators": 'model_config_list: < config: < name: "pairs", >, config: < name: "shop"; > >',
    "a list": """model_config_list { config: [ { name: "pairs" },
    {
      name: "shop" version_labels: [ { key: "stable" value: 1 }, { key: "canary" value: 3 } ]
    } ] }""",
    "strings": """model_config_list { config { name: 'pa' "irs" base_path: "/} # \\" {" }
  config { name: "shop" model_version_policy { latest { num_versions: 1 } } version_labels { key: "a" value: 1 }
    version_labels { key: "b" value: -2 } } }""",
    "a comment behind": """model_config_list {
  config { name: "pairs" }
  config { name: "shop"
    version_labels { key: "stable" value: 1 }  # since March
    version_labels { key: "canary" value: 2 }  # since May
  } }""",
}


def test_an_entry_is_read_with_its_versions_and_labels() -> None:
    assert read_entry(BY_HAND, FILE, "shop") == Entry(Path("s3://bucket/shop"), frozenset({1}), {"stable": 1})
    assert read_entry(BY_HAND, FILE, "pairs").versions is None


def test_the_file_is_printed_as_protobuf_prints_it_with_the_other_models_as_they_were() -> None:
    assert (
        rewrite_entry(BY_HAND, FILE, "shop", {2, 1}, {"stable": 1, "canary": 2})
        == """\
model_config_list {
  config {
    name: "pairs"
    base_path: "/models/pairs"
    model_version_policy {
      all {
      }
    }
  }
  config {
    name: "shop"
    base_path: "s3://bucket/shop"
    model_platform: "tensorflow"
    logging_config {
      sampling_config {
        sampling_rate: 0.1
      }
    }
    model_version_policy {
      specific {
        versions: 1
        versions: 2
      }
    }
    version_labels {
      key: "canary"
      value: 2
    }
    version_labels {
      key: "stable"
      value: 1
    }
  }
}
"""
    )


def test_a_model_without_versions_and_labels_gets_them() -> None:
    rewritten = rewrite_entry('model_config_list { config { name: "shop" } }', FILE, "shop", {7}, {"stable": 7})
    assert read_entry(rewritten, FILE, "shop") == Entry(Path(), frozenset({7}), {"stable": 7})


def test_names_and_paths_in_any_script_stay_readable() -> None:
    text = 'model_config_list { config { name: "schuhe" base_path: "/modèles/鞋" } }'
    assert 'base_path: "/modèles/鞋"\n' in rewrite_entry(text, FILE, "schuhe", {1}, {})


@pytest.mark.parametrize(
    "text",
    [
        'model_config_list { config { name: "shop" tier: 3 } }',
        'model_config_list { config { name: "shop" } } replicas: 2',
    ],
)
def test_an_unknown_field_is_an_error_and_never_dropped(text: str) -> None:
    with pytest.raises(ServeError, match=r'models\.config:1: .*no field named "(tier|replicas)"'):
        rewrite_entry(text, FILE, "shop", {1}, {})


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_every_way_to_write_it_can_be_rewritten_again_and_again(text: str) -> None:
    expected = parse_config(text, FILE)
    shop = expected.model_config_list.config[1]
    for versions, labels in (({1, 2}, {"stable": 1, "canary": 2}), ({2}, {}), ({2, 3}, {"stable": 3})):
        text = rewrite_entry(text, FILE, "shop", versions, labels)
        shop.model_version_policy.specific.versions[:] = sorted(versions)
        shop.version_labels.clear()
        shop.version_labels.update(labels)
        assert parse_config(text, FILE) == expected
        assert rewrite_entry(text, FILE, "shop", versions, labels) == text


def test_an_unknown_model_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"models\.config: lists no model lamps; it lists pairs, shop"):
        read_entry(BY_HAND, FILE, "lamps")
    with pytest.raises(ConfigError, match="it lists none"):
        read_entry("", FILE, "lamps")


def test_a_malformed_file_is_an_error_with_its_line() -> None:
    with pytest.raises(ServeError, match=r'models\.config:3: .*no field named "nme"'):
        read_entry('model_config_list {\n  config {\n    nme: "shop"\n', FILE, "shop")
