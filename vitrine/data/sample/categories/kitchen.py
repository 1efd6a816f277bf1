"""Categories of kitchenware."""

from typing import Final

from vitrine.data.sample.categories.category import Category

_LITRES: Final = ("0.8 l", "1.2 l", "1.7 l")
_WIDTHS: Final = ("20 cm", "24 cm", "28 cm")

CATEGORIES: Final = (
    Category(
        names=("mug", "cup", "coffee cup", "beaker"),
        purposes=("drink coffee from", "sip cocoa from", "have a hot drink at breakfast"),
        materials=("ceramic", "porcelain", "stoneware"),
        sizes=("250 ml", "350 ml", "450 ml"),
        price=(6, 24),
    ),
    Category(
        names=("travel mug", "thermos", "insulated tumbler", "commuter flask"),
        purposes=("keep coffee hot on the train", "take tea along to work", "carry a hot drink in the car"),
        materials=("steel", "bamboo", "silicone"),
        sizes=("300 ml", "400 ml", "500 ml"),
        price=(14, 42),
    ),
    Category(
        names=("bottle", "water bottle", "canteen", "drinking flask"),
        purposes=("carry water on a hike", "stay hydrated at the gym", "take cold drinks along"),
        materials=("aluminium", "tritan", "glass"),
        sizes=("500 ml", "750 ml", "1 l"),
        price=(9, 38),
    ),
    Category(
        names=("teapot", "tea pot", "brewing pot", "tea jug"),
        purposes=("keep tea warm", "brew loose leaf tea", "serve tea to guests"),
        materials=("ceramic", "cast iron", "porcelain"),
        sizes=_LITRES,
        price=(18, 70),
    ),
    Category(
        names=("kettle", "water boiler", "stove kettle", "water heater"),
        purposes=("boil water", "heat water on the stove", "get water to a boil quickly"),
        materials=("steel", "enamel", "copper"),
        sizes=_LITRES,
        price=(22, 90),
    ),
    Category(
        names=("pan", "frying pan", "skillet", "saute pan"),
        purposes=("fry eggs", "sear a steak", "make pancakes"),
        materials=("cast iron", "aluminium", "carbon steel"),
        sizes=_WIDTHS,
        price=(19, 95),
        patterned=False,
    ),
    Category(
        names=("lid", "pan lid", "pan cover", "splatter cover"),
        purposes=("cover a skillet", "stop fat from splashing", "keep the steam in"),
        materials=("glass", "enamel", "silicone"),
        sizes=_WIDTHS,
        price=(8, 30),
    ),
)
