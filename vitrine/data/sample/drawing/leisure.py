"""Shapes of outdoor equipment, instruments, accessories and books."""

from vitrine.data.sample.drawing.canvas import TRIM, Canvas


def guitar(canvas: Canvas) -> None:
    canvas.ellipse((30, 36, 70, 68))
    canvas.ellipse((22, 54, 78, 98))
    canvas.ellipse((41, 54, 59, 70), "dark")
    canvas.rectangle((45, 14, 55, 60), "wood")
    canvas.rectangle((41, 2, 59, 16), "dark", radius=2)
    canvas.rectangle((38, 80, 62, 86), "dark")
    canvas.stroke([(50, 14), (50, 84)], 1, "paper")


def guitar_strap(canvas: Canvas) -> None:
    canvas.line([(14, 88), (10, 62), (22, 34), (46, 16), (72, 20), (86, 44), (82, 70)], 14)
    canvas.line([(14, 84), (16, 94)], 8, "dark")
    canvas.line([(82, 66), (80, 88)], 8, "dark")
    canvas.rectangle((74, 52, 94, 62), "steel", radius=2)


def bicycle(canvas: Canvas) -> None:
    for left in (2, 58):
        canvas.ring((left, 48, left + 40, 88), 4, "dark")
    canvas.line([(22, 68), (36, 40), (68, 40), (48, 68), (22, 68)], 5)
    canvas.line([(36, 40), (48, 68)], 5)
    canvas.line([(78, 68), (66, 26)], 5)
    canvas.line([(66, 26), (80, 24)], 4, "dark")
    canvas.line([(36, 40), (33, 32)], 4, "steel")
    canvas.line([(26, 30), (42, 30)], 6, "dark")


def helmet(canvas: Canvas) -> None:
    canvas.line([(24, 62), (40, 92), (56, 92), (66, 64)], 3, "dark")
    canvas.dome((8, 16, 92, 66))
    canvas.polygon([(66, 60), (98, 62), (94, 72), (8, 68), (8, 60)], TRIM)
    for left in (24, 44, 64):
        canvas.ellipse((left, 28, left + 12, 56), "dark")


def umbrella(canvas: Canvas) -> None:
    canvas.line([(50, 44), (50, 86), (54, 93), (62, 93), (66, 86)], 4, "wood")
    canvas.dome((2, 8, 98, 56))
    for left in (2, 34, 66):
        canvas.dome((left, 48, left + 32, 57), TRIM)
    canvas.line([(50, 3), (50, 10)], 3, "wood")


def sunglasses(canvas: Canvas) -> None:
    canvas.line([(8, 42), (2, 24)], 6)
    canvas.line([(92, 42), (98, 24)], 6)
    canvas.line([(42, 42), (58, 42)], 7)
    for left in (4, 54):
        canvas.rectangle((left, 32, left + 42, 76), radius=14)
        canvas.rectangle((left + 9, 41, left + 33, 67), "dark", radius=9)


def watch(canvas: Canvas) -> None:
    canvas.rectangle((34, 0, 66, 99), radius=5)
    canvas.rectangle((74, 46, 84, 56), "steel", radius=2)
    canvas.ellipse((20, 22, 80, 80), "steel")
    canvas.ellipse((27, 29, 73, 73), "paper")
    canvas.stroke([(50, 36), (50, 51), (62, 57)], 3)


def book(canvas: Canvas) -> None:
    canvas.polygon([(24, 88), (84, 88), (84, 97), (24, 97)], "paper")
    canvas.rectangle((14, 4, 26, 97), TRIM, radius=4)
    canvas.rectangle((24, 4, 86, 90), radius=2)
    canvas.rectangle((36, 18, 74, 40), "paper", radius=1)
    canvas.stroke([(42, 26), (68, 26)], 2)
    canvas.stroke([(46, 33), (64, 33)], 2)
