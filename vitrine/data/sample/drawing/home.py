"""Shapes of furniture and home decoration."""

from vitrine.data.sample.drawing.canvas import TRIM, Canvas


def lamp(canvas: Canvas) -> None:
    canvas.rectangle((46, 50, 54, 88), "steel")
    canvas.ellipse((26, 84, 74, 97), "dark")
    canvas.dome((40, 44, 60, 62), "glow")
    canvas.polygon([(34, 8), (66, 8), (88, 56), (12, 56)])


def chair(canvas: Canvas) -> None:
    for left in (22, 70):
        canvas.rectangle((left, 60, left + 8, 97), "wood")
    canvas.rectangle((24, 4, 76, 50), radius=6)
    canvas.rectangle((30, 48, 36, 60), "wood")
    canvas.rectangle((64, 48, 70, 60), "wood")
    canvas.polygon([(26, 56), (74, 56), (86, 72), (14, 72)])


def stool(canvas: Canvas) -> None:
    canvas.line([(34, 40), (20, 94)], 6, "wood")
    canvas.line([(66, 40), (80, 94)], 6, "wood")
    canvas.line([(26, 70), (74, 70)], 4, "wood")
    canvas.rectangle((16, 22, 84, 42), TRIM, radius=9)
    canvas.ellipse((12, 8, 88, 40))


def table(canvas: Canvas) -> None:
    for left, bottom in ((8, 92), (84, 92), (24, 78), (68, 78)):
        canvas.rectangle((left, 46, left + 8, bottom), "wood")
    canvas.polygon([(22, 22), (78, 22), (98, 48), (2, 48)])
    canvas.rectangle((2, 46, 98, 56), TRIM)


def vase(canvas: Canvas) -> None:
    for tip in ((30, 2), (50, 0), (70, 4)):
        canvas.stroke([(50, 34), tip], 2.5, "leaf")
        canvas.ellipse((tip[0] - 7, tip[1] - 1, tip[0] + 7, tip[1] + 15), "leaf")
    canvas.polygon(
        [(38, 28), (62, 28), (58, 40), (74, 54), (78, 68), (72, 84), (60, 96), (40, 96), (28, 84), (22, 68), (26, 54),
         (42, 40)],
    )  # fmt: skip


def candle(canvas: Canvas) -> None:
    canvas.ellipse((14, 82, 86, 97), "steel")
    canvas.rectangle((30, 38, 70, 90), radius=3)
    canvas.ellipse((30, 32, 70, 44), TRIM)
    canvas.stroke([(50, 38), (50, 26)], 2)
    canvas.polygon([(50, 2), (58, 16), (56, 26), (50, 30), (44, 26), (42, 16)], "glow")


def pillow(canvas: Canvas) -> None:
    canvas.polygon(
        [(4, 14), (20, 20), (50, 23), (80, 20), (96, 14), (91, 34), (89, 50), (91, 68), (96, 88), (80, 81), (50, 78),
         (20, 81), (4, 88), (9, 68), (11, 50), (9, 34)],
    )  # fmt: skip


def rug(canvas: Canvas) -> None:
    for x in range(6, 96, 6):
        canvas.stroke([(20 + x * 0.6, 30), (20 + x * 0.6, 20)], 2, "wood")
        canvas.stroke([(x, 76), (x, 88)], 2.5, "wood")
    canvas.polygon([(22, 28), (78, 28), (98, 78), (2, 78)])
    canvas.stroke([(27, 33), (73, 33), (89, 73), (11, 73), (27, 33)], 2)
