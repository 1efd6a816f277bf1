"""Shapes of phones, cameras, their accessories, and bags."""

from vitrine.data.sample.drawing.canvas import TRIM, Canvas


def phone(canvas: Canvas) -> None:
    canvas.rectangle((10, 6, 58, 88), radius=8)
    canvas.ellipse((16, 12, 28, 24), "dark")
    canvas.rectangle((40, 14, 90, 96), radius=8)
    canvas.rectangle((46, 22, 84, 86), "glass", radius=2)
    for row in range(4):
        for column in range(3):
            left, top = 50 + 11 * column, 28 + 14 * row
            canvas.rectangle((left, top, left + 7, top + 7), "paper", radius=2)


def phone_case(canvas: Canvas) -> None:
    canvas.rectangle((24, 4, 76, 96), radius=11)
    canvas.rectangle((29, 9, 53, 33), "dark", radius=6)
    for left, top in ((32, 12), (42, 12), (32, 22)):
        canvas.ellipse((left, top, left + 8, top + 8), "glass")


def charger(canvas: Canvas) -> None:
    canvas.line([(38, 82), (38, 95), (84, 95), (92, 84), (92, 10)], 4, "dark")
    canvas.rectangle((24, 6, 33, 26), "steel")
    canvas.rectangle((43, 6, 52, 26), "steel")
    canvas.rectangle((8, 24, 68, 72), radius=8)
    canvas.polygon([(26, 72), (50, 72), (44, 86), (32, 86)], TRIM)


def headphones(canvas: Canvas) -> None:
    canvas.ring((14, 8, 86, 92), 9, start=180, end=360)
    for left in (6, 70):
        canvas.rectangle((left, 48, left + 24, 90), radius=10)
    canvas.rectangle((26, 52, 34, 86), "dark", radius=4)
    canvas.rectangle((66, 52, 74, 86), "dark", radius=4)


def camera(canvas: Canvas) -> None:
    canvas.polygon([(34, 30), (40, 16), (60, 16), (66, 30)], TRIM)
    canvas.rectangle((12, 20, 26, 30), "steel", radius=2)
    canvas.rectangle((4, 28, 96, 84), radius=6)
    canvas.ellipse((28, 34, 72, 78), "dark")
    canvas.ellipse((37, 43, 63, 69), "glass")
    canvas.rectangle((78, 34, 90, 42), "glow", radius=1)


def tripod(canvas: Canvas) -> None:
    for foot in ((12, 95), (88, 95), (50, 97)):
        canvas.line([(50, 38), foot], 6)
    canvas.line([(50, 16), (50, 54)], 8)
    canvas.rectangle((30, 6, 70, 20), "dark", radius=3)
    canvas.line([(62, 24), (80, 36)], 4, "dark")


def camera_bag(canvas: Canvas) -> None:
    canvas.ring((10, 2, 90, 92), 5, "dark", 180, 360)
    canvas.rectangle((6, 40, 94, 92), radius=8)
    canvas.polygon([(6, 40), (94, 40), (90, 60), (10, 60)], TRIM)
    canvas.rectangle((34, 54, 66, 80), "paper", radius=3)
    canvas.ellipse((42, 59, 58, 75), "dark")


def backpack(canvas: Canvas) -> None:
    canvas.ring((38, 0, 62, 24), 5, "dark", 180, 360)
    canvas.rectangle((6, 48, 26, 86), TRIM, radius=7)
    canvas.rectangle((74, 48, 94, 86), TRIM, radius=7)
    canvas.rectangle((16, 10, 84, 95), radius=18)
    canvas.rectangle((26, 56, 74, 88), TRIM, radius=6)
    canvas.stroke([(28, 40), (72, 40)], 2)
    canvas.rectangle((46, 38, 54, 50), "steel", radius=1)


def tote_bag(canvas: Canvas) -> None:
    canvas.ring((28, 2, 72, 74), 5, TRIM, 180, 360)
    canvas.polygon([(8, 36), (92, 36), (84, 95), (16, 95)])
    canvas.stroke([(10, 44), (90, 44)], 1.5)
