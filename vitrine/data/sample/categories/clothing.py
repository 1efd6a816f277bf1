"""Categories of clothing and shoes."""

from typing import Final

from vitrine.data.sample.categories.category import Category

_SIZES: Final = ("S", "M", "L", "XL")
_SHOE_SIZES: Final = ("38", "40", "42", "44")

CATEGORIES: Final = (
    Category(
        names=("t-shirt", "tee", "tee shirt", "short-sleeved top"),
        purposes=("wear on a warm day", "pull on for summer", "wear under a jacket"),
        materials=("cotton", "linen", "jersey"),
        sizes=_SIZES,
        price=(9, 35),
    ),
    Category(
        names=("sweater", "jumper", "pullover", "knitted top"),
        purposes=("stay warm indoors", "wear on chilly evenings", "layer up in autumn"),
        materials=("wool", "cashmere", "acrylic"),
        sizes=_SIZES,
        price=(25, 110),
    ),
    Category(
        names=("dress", "frock", "gown", "sundress"),
        purposes=("wear to a wedding", "dance in at a party", "wear on a summer date"),
        materials=("silk", "viscose", "linen"),
        sizes=_SIZES,
        price=(29, 140),
    ),
    Category(
        names=("hat", "brimmed hat", "fedora", "trilby"),
        purposes=("keep the sun off your head", "cover your hair at the beach", "shade your face"),
        materials=("straw", "felt", "raffia"),
        sizes=_SIZES,
        price=(15, 60),
    ),
    Category(
        names=("scarf", "shawl", "neck wrap", "muffler"),
        purposes=("keep your neck warm", "wrap up in winter", "tuck into a coat"),
        materials=("wool", "cashmere", "modal"),
        sizes=("160 cm", "180 cm", "200 cm"),
        price=(12, 70),
    ),
    Category(
        names=("socks", "stockings", "hosiery", "crew socks"),
        purposes=("keep your toes warm", "avoid blisters", "put on under shoes"),
        materials=("merino", "cotton", "bamboo"),
        sizes=("35-38", "39-42", "43-46"),
        price=(4, 18),
    ),
    Category(
        names=("sneakers", "trainers", "running shoes", "gym shoes"),
        purposes=("go jogging", "play tennis", "run a marathon in"),
        materials=("canvas", "mesh", "suede"),
        sizes=_SHOE_SIZES,
        price=(35, 130),
    ),
    Category(
        names=("boots", "ankle boots", "wellingtons", "hiking boots"),
        purposes=("walk through mud", "climb a mountain", "jump into puddles"),
        materials=("leather", "rubber", "nubuck"),
        sizes=_SHOE_SIZES,
        price=(45, 180),
    ),
)
