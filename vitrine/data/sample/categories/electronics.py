"""Categories of phones, cameras, their accessories, and bags."""

from typing import Final

from vitrine.data.sample.categories.category import Category

_LITRES: Final = ("12 l", "18 l", "24 l")

CATEGORIES: Final = (
    Category(
        names=("phone", "smartphone", "mobile phone", "handset"),
        purposes=("call home", "send messages", "use apps on the go"),
        materials=("glass", "titanium", "polycarbonate"),
        sizes=("64 GB", "128 GB", "256 GB"),
        price=(150, 900),
        patterned=False,
    ),
    Category(
        names=("phone case", "phone cover", "smartphone shell", "handset sleeve"),
        purposes=("protect a smartphone", "save a screen from drops", "guard a mobile against scratches"),
        materials=("silicone", "leather", "polycarbonate"),
        sizes=("5.8 inch", "6.1 inch", "6.7 inch"),
        price=(8, 40),
    ),
    Category(
        names=("charger", "power adapter", "charging plug", "usb plug"),
        purposes=("charge a battery", "plug a mobile in", "power devices overnight"),
        materials=("plastic", "aluminium", "nylon"),
        sizes=("20 W", "45 W", "65 W"),
        price=(12, 55),
        patterned=False,
    ),
    Category(
        names=("headphones", "headset", "earphones", "over-ear cans"),
        purposes=("listen to music", "shut out noise", "hear podcasts on a flight"),
        materials=("leather", "plastic", "aluminium"),
        sizes=("32 ohm", "80 ohm", "250 ohm"),
        price=(25, 320),
        patterned=False,
    ),
    Category(
        names=("camera", "digital camera", "photo camera", "compact camera"),
        purposes=("take pictures", "photograph birds", "snap holiday memories"),
        materials=("magnesium", "plastic", "leather"),
        sizes=("12 MP", "20 MP", "24 MP"),
        price=(120, 950),
    ),
    Category(
        names=("tripod", "camera stand", "three-legged stand", "photo stand"),
        purposes=("hold a lens steady", "shoot long exposures", "film without shaking"),
        materials=("carbon", "aluminium", "beech"),
        sizes=("120 cm", "150 cm", "170 cm"),
        price=(25, 190),
        patterned=False,
    ),
    Category(
        names=("camera bag", "photo pouch", "camera satchel", "lens bag"),
        purposes=("carry lenses safely", "pack photo gear", "keep optics dry"),
        materials=("canvas", "nylon", "leather"),
        sizes=("4 l", "7 l", "10 l"),
        price=(22, 120),
    ),
    Category(
        names=("backpack", "rucksack", "knapsack", "school bag"),
        purposes=("carry books to school", "pack for a trek", "bring a laptop to class"),
        materials=("nylon", "canvas", "polyester"),
        sizes=_LITRES,
        price=(25, 120),
    ),
    Category(
        names=("tote bag", "tote", "shopper", "carrier bag"),
        purposes=("carry groceries", "bring vegetables from the market", "haul a picnic to the park"),
        materials=("cotton", "jute", "canvas"),
        sizes=_LITRES,
        price=(7, 45),
    ),
)
