"""Shapes of kitchenware."""

from vitrine.data.sample.drawing.canvas import TRIM, Canvas


def mug(canvas: Canvas) -> None:
    canvas.ring((56, 34, 94, 76), 8)
    canvas.rectangle((16, 24, 72, 86), radius=8)
    canvas.ellipse((16, 18, 72, 34), TRIM)


def travel_mug(canvas: Canvas) -> None:
    canvas.polygon([(28, 26), (72, 26), (64, 95), (36, 95)])
    canvas.polygon([(35, 86), (65, 86), (64, 95), (36, 95)], "steel")
    canvas.rectangle((24, 14, 76, 28), "dark", radius=4)
    canvas.rectangle((34, 5, 52, 15), "dark", radius=2)


def bottle(canvas: Canvas) -> None:
    canvas.polygon([(43, 24), (57, 24), (70, 44), (70, 92), (66, 96), (34, 96), (30, 92), (30, 44)])
    canvas.rectangle((40, 8, 60, 25), "steel", radius=3)
    canvas.ring((42, 0, 58, 14), 3, "dark", 180, 360)


def teapot(canvas: Canvas) -> None:
    canvas.polygon([(30, 74), (2, 36), (12, 32), (34, 54)])
    canvas.ring((64, 38, 98, 76), 7)
    canvas.ellipse((20, 32, 80, 90))
    canvas.dome((34, 24, 66, 38), TRIM)
    canvas.ellipse((45, 14, 55, 25), TRIM)


def kettle(canvas: Canvas) -> None:
    canvas.ring((20, 4, 80, 76), 7, "dark", 190, 350)
    canvas.polygon([(70, 60), (96, 38), (98, 48), (76, 80)], "steel")
    canvas.polygon([(28, 38), (72, 38), (86, 88), (14, 88)])
    canvas.rectangle((12, 84, 88, 93), "steel", radius=3)
    canvas.ellipse((44, 28, 56, 39), "dark")


def pan(canvas: Canvas) -> None:
    canvas.line([(58, 58), (92, 90)], 9, "dark")
    canvas.ellipse((4, 6, 70, 72))
    canvas.ellipse((17, 19, 57, 59), TRIM)


def lid(canvas: Canvas) -> None:
    canvas.rectangle((46, 26, 54, 38), "steel")
    canvas.rectangle((36, 16, 64, 28), "dark", radius=5)
    canvas.dome((8, 36, 92, 74))
    canvas.rectangle((4, 72, 96, 81), "steel", radius=4)
