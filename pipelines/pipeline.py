"""`create_pipeline`: the one definition that every runner runs."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import BaseChannel

import modules
from components.anomaly_gate import AnomalyGate
from components.contract_schema import ContractSchema
from components.csv_example_gen import CsvExampleGen
from components.embedding_gen.component import EmbeddingGen
from components.embedding_gen.settings import Settings as EmbeddingSettings
from components.feature_registrar import FeatureRegistrar
from components.latest_blessed import LatestBlessedOther
from components.pusher import Pusher
from components.retrieval_evaluator import RetrievalEvaluator
from components.search_model_gen import SearchModelGen
from components.trainer import Trainer
from modules.clip_trainer import PRODUCTS_SPLIT
from modules.eval_config import make_eval_config
from pipelines.beam import known_workers
from pipelines.metadata.pushes import pusher_id
from pipelines.settings import Config
from pipelines.stamps import code_stamp, folder_stamp
from vitrine.data.columns import SPLITS
from vitrine.encoders.settings import PRECOMPUTED

SCHEMAS = Path(modules.__file__).parent / "schemas"


def create_pipeline(
    config: Config,
    root: str,
    serving: str,
    metadata: Any = None,
    beam_arguments: Sequence[str] = (),
    data: str | RuntimeParameter | None = None,
    baseline: type[ResolverStrategy] | None = LatestBlessedOther,
    cache: bool = True,
    deploy: Callable[[BaseChannel, BaseChannel], BaseNode] | None = None,
) -> tfx.dsl.Pipeline:
    """Connect every node.

    Args:
      config: the run's configuration.
      root: where artifacts go, a directory or a bucket's URI.
      serving: where the Pushers push to, a directory or a bucket's URI.
      metadata: connection to ML Metadata; managed by the platform where there is none.
      beam_arguments: options of the Beam runner.
      data: the folder that holds `catalogue/` and `judgements/`, or the RuntimeParameter that names it at each run; the
        configuration's by default.
      baseline: how the platform finds the model that a new classifier is compared with; None where it cannot.
      cache: whether nodes whose inputs have not changed are taken from earlier runs.
      deploy: makes the node that hands the search model, where the blessing lets it through, to the platform's own
        serving; None where there is none.
    """
    folder = config.data.dir if data is None else data
    judgements = _ingest(folder, "Judgement", "judgements", {split: f"{split}/*.csv" for split in SPLITS})
    catalogue = _ingest(folder, "Catalogue", "catalogue", {PRODUCTS_SPLIT: "*.csv"})
    products = catalogue["ExampleGen"].outputs["examples"]
    gate = AnomalyGate(
        judgements=judgements["ExampleGen"].outputs["examples"],
        catalogue=products,
        judgement_anomalies=judgements["ExampleValidator"].outputs["anomalies"],
        catalogue_anomalies=catalogue["ExampleValidator"].outputs["anomalies"],
    ).with_id("AnomalyGate")

    clip_trainer = Trainer(
        run_fn="modules.clip_trainer.run_fn",
        examples=products,
        train_args=tfx.proto.TrainArgs(splits=[PRODUCTS_SPLIT]),
        eval_args=tfx.proto.EvalArgs(splits=[PRODUCTS_SPLIT]),
        custom_config={
            "encoder": config.encoder.model_dump(mode="json", exclude={"precision"}),
            "image_root": config.data.images,
            "images": folder_stamp(Path(config.data.images)) if config.encoder.source == "scratch" else "",
            "vectors": folder_stamp(Path(config.encoder.source)) if config.encoder.kind == PRECOMPUTED else "",
            "code": code_stamp("modules.clip_trainer", "vitrine.encoders"),
        },
    ).with_id("ClipTrainer")
    clip_trainer.add_upstream_node(gate)

    embedding_gen = EmbeddingGen(
        judgements=judgements["ExampleGen"].outputs["examples"],
        catalogue=products,
        schema=judgements["Schema"].outputs["schema"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        encoder=clip_trainer.outputs["model"],
        approval=gate.outputs["approval"],
        settings=EmbeddingSettings(
            image_root=config.data.images,
            text_fields=config.embedding.text_fields,
            precision=config.encoder.precision,
            shards=config.embedding.shards or known_workers(config.beam),
            batch=config.embedding.batch,
            images_stamp=folder_stamp(Path(config.data.images)),
            code=code_stamp(
                "components.embedding_gen",
                "vitrine.data.formats.arrow",
                "vitrine.text.product_texts",
                "vitrine.data.vectors.lookup",
                "vitrine.data.images.additional_images",
                "vitrine.encoders",
            ),
        ),
    )
    joined, vectors = embedding_gen.outputs["examples"], embedding_gen.outputs["product_embeddings"]
    transform = tfx.components.Transform(
        examples=joined,
        schema=embedding_gen.outputs["joined_schema"],
        preprocessing_fn="modules.preprocessing.preprocessing_fn",
        custom_config={"code": code_stamp("modules.preprocessing", "vitrine.classifier", "vitrine.text")},
        disable_statistics=True,  # those of the raw data are there, and vectors have none worth a pass over the data
    )
    trainer = Trainer(
        run_fn="modules.trainer.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        custom_config=config.trainer.model_dump(mode="json")
        | {"lineage": {"code": code_stamp("modules.trainer", "vitrine.classifier", "vitrine.tracking")}},
    )
    resolver = _resolver(baseline, trainer.outputs["model"]) if baseline else None
    evaluator = tfx.components.Evaluator(
        examples=joined,
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"] if resolver else None,
        schema=embedding_gen.outputs["joined_schema"],
        eval_config=make_eval_config(config.evaluator),
    )
    search_model_gen = SearchModelGen(
        query_embeddings=embedding_gen.outputs["query_embeddings"],
        product_embeddings=vectors,
        judgements=joined,
        encoder=clip_trainer.outputs["model"],
        classifier=trainer.outputs["model"],
        settings=_json(
            search=config.search.model_dump(mode="json"),
            validation_share=config.trainer.validation_share,
            precision=config.encoder.precision,
            image_root=config.data.images,
            code=code_stamp("components.search_model_gen", "vitrine.search", "vitrine.encoders", "vitrine.text.words"),
        ),
    ).with_id("SearchModelGen")
    retrieval_evaluator = RetrievalEvaluator(
        model=search_model_gen.outputs["model"],
        classifier_blessing=evaluator.outputs["blessing"],
        classifier_evaluation=evaluator.outputs["evaluation"],
        classifier_run=trainer.outputs["model_run"],
        judgements=joined,
        product_embeddings=vectors,
        settings=_json(
            thresholds=config.retrieval.model_dump(mode="json"),
            image_root=config.data.images,
            code=code_stamp(
                "components.retrieval_evaluator", "vitrine.evaluation", "vitrine.metrics", "vitrine.baselines"
            ),
        ),
    ).with_id("RetrievalEvaluator")
    blessing = retrieval_evaluator.outputs["blessing"]
    pushed = {
        "index": search_model_gen.outputs["index"],
        "esci_classifier": trainer.outputs["model"],
        "product_search": search_model_gen.outputs["model"],
    }
    pushers = [Pusher(model, blessing, f"{serving}/{name}").with_id(pusher_id(name)) for name, model in pushed.items()]
    # Servers follow the search model: what belongs to it is there before it.
    pushers[-1].add_upstream_nodes(pushers[:-1])
    feature_registrar = FeatureRegistrar(
        query_embeddings=embedding_gen.outputs["query_embeddings"],
        product_embeddings=vectors,
        settings=_json(
            features=config.features.model_dump(mode="json"),
            code=code_stamp("components.feature_registrar", "vitrine.features", "feature_repo"),
        ),
    ).with_id("FeatureRegistrar")
    deployers = [deploy(search_model_gen.outputs["model"], blessing)] if deploy else []
    nodes: list[BaseNode] = [
        *judgements.values(), *catalogue.values(), gate, clip_trainer, embedding_gen, transform, trainer,
        *([resolver] if resolver else []), evaluator, search_model_gen, retrieval_evaluator, *pushers,
        *deployers, feature_registrar,
    ]  # fmt: skip
    return tfx.dsl.Pipeline(
        pipeline_name=config.name,
        pipeline_root=root,
        components=nodes,
        enable_cache=cache,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_arguments),
    )


def _json(**fields: Any) -> str:
    return json.dumps(fields, sort_keys=True)


def _resolver(strategy: type[ResolverStrategy], candidate: BaseChannel) -> tfx.dsl.Resolver:
    channels = {
        "model": tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        "model_blessing": tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    }
    if strategy is LatestBlessedOther:
        channels["candidate"] = candidate
    return tfx.dsl.Resolver(strategy_class=strategy, **channels).with_id("LatestBlessedModel")


def _ingest(data: str | RuntimeParameter, prefix: str, folder: str, splits: dict[str, str]) -> dict[str, BaseNode]:
    """Return the nodes that read one kind of file and validate it against its contract, by role."""
    patterns = {split: f"{folder}/{pattern}" for split, pattern in splits.items()}
    example_gen = CsvExampleGen(data, patterns).with_id(f"{prefix}ExampleGen")
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    statistics = statistics_gen.outputs["statistics"]
    inferred = tfx.components.SchemaGen(statistics=statistics)
    contract = ContractSchema(contract=(SCHEMAS / f"{folder}.pbtxt").read_text(encoding="utf-8"))
    validator = tfx.components.ExampleValidator(statistics=statistics, schema=contract.outputs["schema"])
    return {
        "ExampleGen": example_gen,
        "StatisticsGen": statistics_gen.with_id(f"{prefix}StatisticsGen"),
        "SchemaGen": inferred.with_id(f"{prefix}SchemaGen"),
        "Schema": contract.with_id(f"{prefix}Schema"),
        "ExampleValidator": validator.with_id(f"{prefix}ExampleValidator"),
    }
