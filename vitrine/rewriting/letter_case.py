"""Case of a replacement."""


def in_case_of(before: str, after: str) -> str:
    """Return `after` in capitals, capitalised or as it is, as `before` is written."""
    if before.isupper():
        styled = after.upper()
    elif before[0].isupper():
        styled = after[0].upper() + after[1:]
    else:
        return after
    return styled if styled.lower() == after else after  # some letters have no single capital, such as ß
