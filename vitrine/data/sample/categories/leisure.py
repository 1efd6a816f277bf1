"""Categories of outdoor equipment, instruments, accessories and books."""

from typing import Final

from vitrine.data.sample.categories.category import Category

CATEGORIES: Final = (
    Category(
        names=("guitar", "acoustic guitar", "six-string", "folk guitar"),
        purposes=("play songs at a campfire", "strum chords", "learn fingerpicking"),
        materials=("spruce", "cedar", "mahogany"),
        sizes=("3/4 size", "4/4 size", "7/8 size"),
        price=(89, 620),
    ),
    Category(
        names=("guitar strap", "instrument strap", "shoulder strap", "playing belt"),
        purposes=("hang an instrument on", "play standing up", "carry a six-string on stage"),
        materials=("nylon", "leather", "cotton"),
        sizes=("110 cm", "130 cm", "150 cm"),
        price=(9, 48),
    ),
    Category(
        names=("bicycle", "bike", "city bike", "two-wheeler"),
        purposes=("cycle to work", "ride around town", "pedal through the park"),
        materials=("steel", "carbon", "aluminium"),
        sizes=("26 inch", "28 inch", "29 inch"),
        price=(240, 990),
        patterned=False,
    ),
    Category(
        names=("helmet", "bike helmet", "cycling helmet", "crash helmet"),
        purposes=("protect your head on a ride", "cycle safely", "stay safe in a fall"),
        materials=("polycarbonate", "carbon", "cork"),
        sizes=("S", "M", "L"),
        price=(25, 130),
        patterned=False,
    ),
    Category(
        names=("umbrella", "brolly", "rain shade", "parasol"),
        purposes=("keep the rain off", "stay dry in a storm", "walk in a drizzle"),
        materials=("nylon", "polyester", "bamboo"),
        sizes=("95 cm", "105 cm", "120 cm"),
        price=(12, 60),
    ),
    Category(
        names=("sunglasses", "shades", "sunnies", "dark glasses"),
        purposes=("protect your eyes from glare", "look cool at the beach", "drive into the sunset"),
        materials=("acetate", "titanium", "bamboo"),
        sizes=("48 mm", "52 mm", "56 mm"),
        price=(15, 160),
        patterned=False,
    ),
    Category(
        names=("watch", "wristwatch", "timepiece", "wrist clock"),
        purposes=("tell the time", "time a race", "be punctual"),
        materials=("leather", "steel", "nylon"),
        sizes=("36 mm", "40 mm", "44 mm"),
        price=(39, 450),
        patterned=False,
    ),
    Category(
        names=("book", "novel", "paperback", "hardback"),
        purposes=("read on holiday", "pass a rainy evening", "enjoy a good story"),
        materials=("linen", "recycled paper", "cardboard"),
        sizes=("180 pages", "320 pages", "560 pages"),
        price=(6, 34),
    ),
)
