"""Small SavedModels, and the `models.config` that lists them.

The contract tests run against any server of the same models: write them with
`python tests/vitrine/serving/models.py DIR MOUNTED`, serve DIR/models.config, in which DIR is called MOUNTED, with TF
Serving, and set VITRINE_TFSERVING_URL to it.
"""

import sys
from pathlib import Path
from typing import Any


def write_contract_model(directory: Path, weight: float = 2.0) -> None:
    """Write a model with strings, bytes, scalars, several inputs and signatures; `weight` tells its versions apart."""
    import tensorflow as tf

    class Contract(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable(weight)
            self.kernel = tf.Variable([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
            keys = tf.lookup.KeyValueTensorInitializer(["mug", "bag"], tf.constant([7, 8], tf.int64))
            self.table = tf.lookup.StaticHashTable(keys, -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def scale(self, x: Any) -> dict[str, Any]:
            return {"y": x * self.weight}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
        def describe(self, query: Any) -> dict[str, Any]:
            return {
                "product_id": tf.stack([query, tf.strings.upper(query)], axis=1),
                "raw_bytes": query,
                "number": self.table.lookup(query),
                "score": tf.fill([tf.size(query), 1], self.weight),
            }

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 3], tf.float32, name="vector"),
                tf.TensorSpec([None], tf.string, name="label"),
            ]
        )
        def join(self, vector: Any, label: Any) -> dict[str, Any]:
            return {"projected": vector @ self.kernel, "label": label}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def totals(self, x: Any) -> dict[str, Any]:
            return {"total": tf.reduce_sum(x), "rows": tf.size(x)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def ragged(self, x: Any) -> dict[str, Any]:
            return {"all": x, "first": x[:1]}

    module = Contract()
    signatures = {
        "serving_default": module.scale,
        "describe": module.describe,
        "join": module.join,
        "totals": module.totals,
        "ragged": module.ragged,
    }
    tf.saved_model.save(module, str(directory), signatures=signatures)


def write_types_model(directory: Path) -> None:
    """Write a model with an identity signature per type, and one whose output has no JSON form."""
    import tensorflow as tf

    names = ("float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool", "string")
    module = tf.Module()
    module.functions = {
        name: tf.function(
            lambda value: {"value": tf.identity(value)},
            input_signature=[tf.TensorSpec(None, tf.as_dtype(name), name="value")],
        )
        for name in (*names, "float16")
    }
    module.functions["bfloat16_out"] = tf.function(
        lambda value: {"value": tf.cast(value, tf.bfloat16)},
        input_signature=[tf.TensorSpec([None], tf.float32, name="value")],
    )
    tf.saved_model.save(module, str(directory), signatures=module.functions)


def write_examples_model(directory: Path) -> None:
    """Write classification and regression signatures of serialized examples, which only TensorFlow 1's builder can."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "serialized")
        features = {"x": tf.io.FixedLenFeature([1], tf.float32), "bonus": tf.io.FixedLenFeature([], tf.int64, 0)}
        parsed = tf.io.parse_example(serialized, features)
        total = parsed["x"] + tf.cast(parsed["bonus"][:, tf.newaxis], tf.float32)
        scores = tf.concat([total, -total], axis=1)
        labels = tf.tile(tf.constant([["up", "down"]]), [tf.size(serialized), 1])
        info = v1.saved_model.build_tensor_info

        def signature(method: str, **outputs: Any) -> Any:
            return v1.saved_model.build_signature_def(
                inputs={"inputs": info(serialized)},
                outputs={name: info(tensor) for name, tensor in outputs.items()},
                method_name=f"tensorflow/serving/{method}",
            )

        builder = v1.saved_model.Builder(str(directory))
        builder.add_meta_graph_and_variables(
            session,
            [tf.saved_model.SERVING],
            {
                "serving_default": signature("classify", classes=labels, scores=scores),
                "scores": signature("classify", scores=scores),
                "total": signature("regress", outputs=total),
                "wide": signature("regress", outputs=scores),
            },
        )
        builder.save()


def write_models(directory: Path, mounted: str) -> None:
    """Write the models of the contract tests as `directory/<model>/<version>`, and their `models.config`."""
    write_contract_model(directory / "contract" / "1")
    write_types_model(directory / "types" / "1")
    write_examples_model(directory / "examples" / "1")
    for version in (1, 2, 3):
        write_contract_model(directory / "versions" / str(version), float(10 * version))
    single = [model_entry(name, f"{mounted}/{name}") for name in ("contract", "types", "examples")]
    policy = "specific { versions: 1 versions: 2 }"
    several = model_entry("versions", f"{mounted}/versions", policy, stable=1, canary=2)
    (directory / "models.config").write_text(models_config(*single, several))


def model_entry(name: str, base_path: str | Path, policy: str = "", **labels: int) -> str:
    """Format a model of a `models.config`."""
    labelled = " ".join(f'version_labels {{ key: "{label}" value: {number} }}' for label, number in labels.items())
    versions = f"model_version_policy {{ {policy} }}" if policy else ""
    return (
        f'  config {{ name: "{name}" base_path: "{base_path}" model_platform: "tensorflow" {versions} {labelled} }}\n'
    )


def models_config(*entries: str) -> str:
    """Format a `models.config` of these entries."""
    return f"model_config_list {{\n{''.join(entries)}}}\n"


if __name__ == "__main__":
    write_models(Path(sys.argv[1]), sys.argv[2])
