"""Shapes of clothing and shoes."""

from vitrine.data.sample.drawing.canvas import TRIM, Canvas


def t_shirt(canvas: Canvas) -> None:
    canvas.polygon(
        [(34, 12), (66, 12), (96, 34), (84, 50), (74, 44), (74, 92), (26, 92), (26, 44), (16, 50), (4, 34)],
    )
    canvas.polygon([(34, 12), (42, 22), (58, 22), (66, 12)], TRIM)


def sweater(canvas: Canvas) -> None:
    canvas.polygon([(30, 20), (46, 34), (24, 86), (4, 80)])
    canvas.polygon([(70, 20), (54, 34), (76, 86), (96, 80)])
    canvas.polygon([(30, 18), (70, 18), (74, 88), (26, 88)])
    canvas.polygon([(26, 84), (74, 84), (74, 95), (26, 95)], TRIM)
    canvas.polygon([(5, 76), (26, 82), (23, 92), (2, 86)], TRIM)
    canvas.polygon([(95, 76), (74, 82), (77, 92), (98, 86)], TRIM)
    canvas.rectangle((36, 6, 64, 22), TRIM, radius=4)


def dress(canvas: Canvas) -> None:
    canvas.stroke([(38, 4), (40, 20)], 3)
    canvas.stroke([(62, 4), (60, 20)], 3)
    canvas.polygon([(36, 14), (50, 22), (64, 14), (62, 42), (38, 42)])
    canvas.polygon([(38, 44), (62, 44), (90, 94), (10, 94)])
    canvas.rectangle((36, 40, 64, 48), TRIM)


def hat(canvas: Canvas) -> None:
    canvas.ellipse((2, 56, 98, 86))
    canvas.polygon([(26, 68), (30, 26), (40, 18), (50, 24), (60, 18), (70, 26), (74, 68)])
    canvas.polygon([(27, 58), (73, 58), (74, 70), (26, 70)], "dark")


def scarf(canvas: Canvas) -> None:
    for left in (22, 54):
        for fringe in range(left + 2, left + 24, 5):
            canvas.stroke([(fringe, 80), (fringe, 96)], 2.5, TRIM)
    canvas.polygon([(26, 40), (50, 44), (46, 84), (22, 84)])
    canvas.polygon([(50, 44), (74, 40), (78, 76), (54, 82)])
    canvas.ellipse((12, 6, 88, 54))
    canvas.ellipse((30, 12, 70, 32), TRIM)


def socks(canvas: Canvas) -> None:
    for dx, dy in ((30, -4), (-2, 6)):
        outline = [(22, 10), (46, 10), (46, 56), (64, 66), (66, 80), (56, 86), (26, 74), (20, 60)]
        canvas.polygon([(x + dx, y + dy) for x, y in outline])
        canvas.polygon([(x + dx, y + dy) for x, y in [(20, 6), (48, 6), (47, 18), (21, 18)]], TRIM)


def sneakers(canvas: Canvas) -> None:
    canvas.polygon([(6, 34), (18, 28), (24, 38), (42, 38), (50, 30), (74, 54), (94, 60), (97, 76), (6, 76)])
    canvas.rectangle((3, 72, 98, 85), "paper", radius=5)
    for step in range(4):
        canvas.stroke([(47 + 6 * step, 46 + 4 * step), (56 + 6 * step, 36 + 6 * step)], 3, "paper")
    canvas.stroke([(28, 72), (38, 40)], 2)


def boots(canvas: Canvas) -> None:
    canvas.polygon([(24, 6), (62, 6), (60, 54), (86, 64), (94, 74), (94, 86), (22, 86)])
    canvas.polygon([(21, 84), (95, 84), (95, 92), (48, 92), (46, 97), (21, 97)], "dark")
    canvas.rectangle((21, 4, 65, 16), TRIM, radius=3)
