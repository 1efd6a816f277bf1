"""The figures of a category head, as its file has them. Imports nothing heavy."""

from typing import Final, TypedDict

FILE: Final = "figures.json"
PER_CLASS: Final = "per_class.csv"
PREDICTIONS: Final = "predictions.parquet"
CONFUSION: Final = "confusion.png"
CONFUSED: Final = "confused_products.png"
"""The image of the most confused categories; not written where no product has an image."""


class Scores(TypedDict, total=False):
    """Scores of one way to predict. The top-k accuracies and the calibration error need probabilities.

    `macro_f1` and `balanced_accuracy` weigh all classes alike. `head_f1` and `tail_f1` are the macro-F1 of the frequent
    and the rare classes.
    """

    top1: float
    top3: float
    top5: float
    macro_f1: float
    balanced_accuracy: float
    head_f1: float
    tail_f1: float
    calibration_error: float


class InputFigures(TypedDict):
    """The scores of one input: `count` predictions by the head, by its floors, and at each level above the classes."""

    count: int
    head: Scores
    majority: Scores
    zero_shot: Scores | None
    levels: list[float]


class Confusion(TypedDict):
    """Products of one category that were predicted to be of another, with the ids and the images of a few."""

    category: str
    predicted: str
    count: int
    products: list[str]
    images: list[str]


class CategoryFigures(TypedDict, total=False):
    """The figures of a head; only `not_trained`, the reason, where there is none.

    `products` have a class, `without_category` have no category. `merged` has the class that a rare category joined,
    `left_out` the products of rare categories without a class. `tail_classes` are the rarest classes, which together
    have at most a fifth of the products. `leaks` is true if texts include the categories. In a report, `directory` has
    the further files: the scores of each class, the plot of confusions and the predictions; `confused` is the
    image of the most confused ones, if there is one.
    """

    not_trained: str
    classes: int
    products: int
    without_category: int
    merged: dict[str, str]
    left_out: dict[str, int]
    tail_classes: int
    epochs: int
    temperature: float
    leaks: bool
    inputs: dict[str, InputFigures]
    confusions: list[Confusion]
    directory: str
    confused: str


def summary(figures: CategoryFigures) -> str:
    """Return the figures of a head in a sentence."""
    scores = "; ".join(
        f"by {name} {each['head']['top1']:.1%} right, macro-F1 {each['head']['macro_f1']:.3f}"
        for name, each in figures["inputs"].items()
    )
    return f"category head of {figures['classes']} classes, cross-fitted on {figures['products']:,} products: {scores}"
