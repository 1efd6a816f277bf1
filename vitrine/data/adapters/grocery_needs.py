"""Information needs for a grocery shop, with rules that label its products for each query.

Queries name a class, a group, a brand, a class without its brand, or something that several classes answer
(`THEMES`). Exact: products of the classes that answer. Substitute: others of their groups, or of groups that serve
instead. Complement: groups used together with them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from vitrine.data.adapters.derived_judgements import InformationNeed

BRANDS: Final = ("Alpro", "Arla", "Bravo", "Garant", "God Morgon", "Oatly", "Tropicana", "Valio", "Yoggi")

SUBSTITUTES: Final = (
    {"Apple", "Pear"},
    {"Aubergine", "Zucchini"},
    {"Carrots", "Red-Beet"},
    {"Cucumber", "Zucchini"},
    {"Garlic", "Leek", "Onion"},
    {"Lemon", "Lime"},
    {"Mango", "Papaya", "Passion-Fruit", "Pineapple"},
    {"Milk", "Oat-Milk", "Soy-Milk"},
    {"Nectarine", "Peach", "Plum"},
    {"Oatghurt", "Sour-Milk", "Soyghurt", "Yoghurt"},
    {"Orange", "Red-Grapefruit", "Satsumas"},
    {"Sour-Cream", "Sour-Milk"},
)
"""Groups that are substitutes of each other."""

COMPLEMENTS: Final = (
    ("Apple", "Yoghurt"),
    ("Asparagus", "Lemon"),
    ("Aubergine", "Garlic"),
    ("Aubergine", "Tomato"),
    ("Avocado", "Lime"),
    ("Avocado", "Tomato"),
    ("Banana", "Milk"),
    ("Banana", "Soyghurt"),
    ("Banana", "Yoghurt"),
    ("Cabbage", "Carrots"),
    ("Carrots", "Onion"),
    ("Carrots", "Potato"),
    ("Cucumber", "Tomato"),
    ("Cucumber", "Yoghurt"),
    ("Garlic", "Mushroom"),
    ("Garlic", "Tomato"),
    ("Ginger", "Carrots"),
    ("Ginger", "Lemon"),
    ("Juice", "Yoghurt"),
    ("Kiwi", "Soyghurt"),
    ("Kiwi", "Yoghurt"),
    ("Leek", "Potato"),
    ("Mango", "Yoghurt"),
    ("Melon", "Yoghurt"),
    ("Mushroom", "Onion"),
    ("Oat-Milk", "Banana"),
    ("Oatghurt", "Kiwi"),
    ("Onion", "Tomato"),
    ("Papaya", "Lime"),
    ("Passion-Fruit", "Yoghurt"),
    ("Pepper", "Onion"),
    ("Pepper", "Tomato"),
    ("Pomegranate", "Yoghurt"),
    ("Red-Beet", "Sour-Cream"),
    ("Sour-Cream", "Onion"),
    ("Sour-Cream", "Potato"),
    ("Sour-Milk", "Banana"),
    ("Soy-Milk", "Banana"),
    ("Zucchini", "Pepper"),
    ("Zucchini", "Tomato"),
)
"""Pairs of groups that are complements of each other."""

THEMES: Final = {
    "apple juice": ("Bravo-Apple-Juice", "God-Morgon-Apple-Juice", "Tropicana-Apple-Juice"),
    "beetroot": ("Red-Beet",),
    "beetroot for soup": ("Red-Beet",),
    "blueberry yoghurt": ("Alpro-Blueberry-Soyghurt",),
    "breakfast juice": ("Juice",),
    "chestnut mushrooms": ("Mushroom",),
    "citrus fruit": ("Lemon", "Lime", "Orange", "Red-Grapefruit", "Satsumas"),
    "courgette": ("Zucchini",),
    "crisp red apple": ("Pink-Lady", "Red-Delicious", "Royal-Gala"),
    "dairy free milk": ("Oat-Milk", "Soy-Milk"),
    "eggplant": ("Aubergine",),
    "exotic fruit": ("Mango", "Papaya", "Passion-Fruit", "Pomegranate"),
    "flavoring for asian food": ("Ginger",),
    "fruit rich in vitamin c": ("Kiwi", "Orange", "Papaya"),
    "fruit with many edible kernels": ("Passion-Fruit", "Pomegranate"),
    "fruit yoghurt": ("Yoggi-Strawberry-Yoghurt", "Alpro-Blueberry-Soyghurt"),
    "grapefruit juice": (
        "God-Morgon-Red-Grapefruit-Juice",
        "God-Morgon-Orange-Red-Grapefruit-Juice",
        "Tropicana-Golden-Grapefruit",
    ),
    "green apple": ("Granny-Smith",),
    "green vegetables": ("Asparagus", "Cabbage", "Cucumber", "Green-Bell-Pepper", "Leek", "Zucchini"),
    "ingredients for guacamole": ("Avocado", "Lime"),
    "juice without pulp": ("Bravo-Orange-Juice", "Tropicana-Juice-Smooth", "Tropicana-Mandarin-Morning"),
    "lactose free milk": ("Arla-Lactose-Medium-Fat-Milk",),
    "large tomatoes for burgers": ("Beef-Tomato",),
    "low fat yoghurt": ("Arla-Natural-Mild-Low-Fat-Yoghurt",),
    "mandarin": ("Satsumas",),
    "melon with orange flesh": ("Cantaloupe",),
    "milk for coffee": ("Arla-Standard-Milk", "Garant-Ecological-Standard-Milk"),
    "orange juice": ("Bravo-Orange-Juice", "God-Morgon-Orange-Juice", "Tropicana-Juice-Smooth"),
    "orange vegetables": ("Carrots", "Orange-Bell-Pepper", "Sweet-Potato"),
    "organic milk": (
        "Arla-Ecological-Medium-Fat-Milk",
        "Garant-Ecological-Medium-Fat-Milk",
        "Garant-Ecological-Standard-Milk",
    ),
    "organic sour cream": ("Arla-Ecological-Sour-Cream",),
    "pear for dessert": ("Conference", "Kaiser"),
    "plain yoghurt": ("Arla-Natural-Mild-Low-Fat-Yoghurt", "Arla-Natural-Yoghurt"),
    "plant based drink": ("Oat-Milk", "Soy-Milk"),
    "potatoes for mashing": ("Floury-Potato",),
    "purple vegetables": ("Aubergine", "Red-Beet"),
    "red fruit": ("Pomegranate", "Plum", "Red-Delicious"),
    "root vegetables": ("Carrots", "Red-Beet"),
    "salad vegetables": ("Cucumber", "Pepper", "Tomato"),
    "something sour for drinks": ("Lemon", "Lime"),
    "soup vegetables": ("Carrots", "Leek", "Onion"),
    "stone fruit": ("Nectarine", "Peach", "Plum"),
    "strawberry yoghurt": ("Yoggi-Strawberry-Yoghurt",),
    "sugar melon": ("Cantaloupe", "Galia-Melon", "Honeydew-Melon"),
    "sweet paprika": ("Orange-Bell-Pepper", "Red-Bell-Pepper", "Yellow-Bell-Pepper"),
    "tart apple": ("Granny-Smith",),
    "tomatoes on the vine": ("Vine-Tomato",),
    "topping for tacos": ("Sour-Cream",),
    "tropical fruit": ("Banana", "Mango", "Papaya", "Passion-Fruit", "Pineapple"),
    "vanilla yoghurt": ("Arla-Mild-Vanilla-Yoghurt", "Valio-Vanilla-Yoghurt", "Yoggi-Vanilla-Yoghurt"),
    "vegan yoghurt": ("Oatghurt", "Soyghurt"),
    "yellow fruit": ("Banana", "Lemon", "Honeydew-Melon"),
}
"""Classes or groups that answer a query, for queries without one of their names."""


@dataclass(frozen=True)
class Class:
    """A class of groceries: its name, group, aisle and brand, and the ids of its products."""

    name: str
    group: str
    aisle: str
    brand: str
    products: frozenset[str] = field(repr=False)

    @property
    def words(self) -> str:
        """The spoken name."""
        return spoken_name(self.name)


def spoken_name(name: str) -> str:
    """Return the spoken form of a name in the dataset: "Royal Gala" for "Royal-Gala"."""
    return name.replace("-", " ")


def needs(classes: Iterable[Class]) -> Iterator[InformationNeed]:
    """Yield all information needs. Some have the same query."""
    shelf = list(classes)
    for item in shelf:
        yield _need(item.words, [item], shelf)
        if spoken_name(item.group) not in item.words:
            yield _need(f"{item.words} {spoken_name(item.group)}", [item], shelf)
        if item.aisle in ("Fruit", "Vegetables"):
            yield _need(f"fresh {item.words}", [item], shelf)
        if item.brand:
            unbranded = item.words.removeprefix(item.brand).strip()
            yield _need(unbranded, [other for other in shelf if other.words.endswith(unbranded)], shelf)
    for group in {item.group: None for item in shelf}:
        yield _need(spoken_name(group), [item for item in shelf if item.group == group], shelf)
        for brand in BRANDS:
            yield _need(
                f"{brand} {spoken_name(group)}", [i for i in shelf if (i.brand, i.group) == (brand, group)], shelf
            )
    for brand in BRANDS:
        yield _need(brand, [item for item in shelf if item.brand == brand], shelf)
    for query, names in THEMES.items():
        yield _need(query, [item for item in shelf if item.name in names or item.group in names], shelf)


def _need(query: str, answers: list[Class], shelf: list[Class]) -> InformationNeed:
    groups = {item.group for item in answers}
    substitutes = groups.union(*(alike for alike in SUBSTITUTES if alike & groups))
    complements = {other for pair in COMPLEMENTS if groups.intersection(pair) for other in pair} - groups
    return InformationNeed(query, _products(answers), _in_groups(substitutes, shelf), _in_groups(complements, shelf))


def _in_groups(groups: set[str], shelf: list[Class]) -> set[str]:
    return _products(item for item in shelf if item.group in groups)


def _products(classes: Iterable[Class]) -> set[str]:
    return {product for item in classes for product in item.products}
