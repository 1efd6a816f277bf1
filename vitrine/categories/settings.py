"""Settings of the category head. Imports nothing heavy."""

from typing import Literal

from pydantic import Field

from vitrine.settings import Section

Imbalance = Literal["none", "balanced", "sqrt", "effective", "focal", "sampling", "logit_adjusted"]
"""The treatments of classes of unequal size (see `vitrine.categories.imbalance`)."""


class CategorySettings(Section):
    """Classes, model and training of the category head."""

    train: Literal["auto", "never"] = Field("auto", description="`auto`: trained where the catalogue has enough for it")
    min_labelled: int = Field(50, ge=20, description="fewest distinct products with a category to train a head on")
    min_products: int = Field(
        5, ge=2, description="fewest products of a class; rarer ones join an ancestor, or are left out"
    )
    max_products: int = Field(20_000, ge=2, description="most products that a head is trained on, drawn at random")
    hidden: int = Field(0, ge=0, description="width of the hidden layer; 0 is a linear head")
    imbalance: Imbalance = Field("none", description="the treatment of classes of unequal size")
    effective_beta: float = Field(0.999, ge=0, lt=1, description="β of the effective number of samples")
    focal_gamma: float = Field(2.0, ge=0, description="how strongly the focal loss discounts easy examples")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of the targets that all classes get alike")
    query_weight: float = Field(1.0, ge=0, description="weight of a train query beside a product's, 0 for none")
    augmented_views: int = Field(
        0, ge=0, le=16, description="augmented views of a product's image that are encoded for the training"
    )
    epochs: int = Field(40, ge=1, description="most passes over the examples")
    batch_size: int = Field(512, ge=1, description="examples a step")
    learning_rate: float = Field(0.01, gt=0, description="AdamW's highest step size")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay")
    patience: int = Field(5, ge=1, description="epochs without a lower validation loss before training stops")
    validation_share: float = Field(
        0.15, gt=0, lt=1, description="share of a training's products held out for early stopping and calibration"
    )
    folds: int = Field(5, ge=2, description="parts of the products, each predicted by a head that the others trained")
    seed: int = Field(7, ge=0, description="seed of folds, weights and order")
