"""Categories of furniture and home decoration."""

from typing import Final

from vitrine.data.sample.categories.category import Category

_HEIGHTS: Final = ("20 cm", "30 cm", "45 cm")
_SEAT_HEIGHTS: Final = ("45 cm", "65 cm", "75 cm")

CATEGORIES: Final = (
    Category(
        names=("lamp", "table lamp", "desk light", "bedside light"),
        purposes=("light up a desk", "read by in bed", "brighten a dark corner"),
        materials=("brass", "linen", "paper"),
        sizes=_HEIGHTS,
        price=(18, 120),
    ),
    Category(
        names=("chair", "dining chair", "side chair", "backrest seat"),
        purposes=("sit at dinner", "rest your back at a desk", "seat a guest"),
        materials=("oak", "beech", "velvet"),
        sizes=_SEAT_HEIGHTS,
        price=(39, 220),
    ),
    Category(
        names=("stool", "bar stool", "footstool", "backless seat"),
        purposes=("perch at a bar", "reach a high shelf", "put your feet up on"),
        materials=("pine", "oak", "velvet"),
        sizes=_SEAT_HEIGHTS,
        price=(19, 110),
    ),
    Category(
        names=("table", "coffee table", "side table", "dinner table"),
        purposes=("eat at with friends", "put plates on", "play board games on"),
        materials=("oak", "walnut", "bamboo"),
        sizes=("90 cm", "120 cm", "160 cm"),
        price=(59, 420),
    ),
    Category(
        names=("vase", "flower vase", "bouquet holder", "urn"),
        purposes=("put tulips in", "arrange a bouquet", "display dried grass"),
        materials=("glass", "terracotta", "porcelain"),
        sizes=_HEIGHTS,
        price=(11, 75),
    ),
    Category(
        names=("candle", "pillar candle", "wax light", "scented candle"),
        purposes=("make a room smell nice", "set a romantic mood", "burn at a dinner"),
        materials=("beeswax", "soy wax", "paraffin"),
        sizes=("30 hours", "45 hours", "60 hours"),
        price=(5, 32),
    ),
    Category(
        names=("pillow", "cushion", "throw pillow", "bolster"),
        purposes=("soften a sofa", "rest your head", "lean on in bed"),
        materials=("down", "velvet", "linen"),
        sizes=("40 cm", "50 cm", "60 cm"),
        price=(9, 48),
    ),
    Category(
        names=("rug", "carpet", "floor mat", "hall runner"),
        purposes=("cover the floor", "warm up bare tiles", "walk on barefoot"),
        materials=("wool", "jute", "sisal"),
        sizes=("80 cm", "140 cm", "200 cm"),
        price=(29, 260),
    ),
)
