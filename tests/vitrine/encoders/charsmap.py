"""A small character map in SentencePiece's format."""

import unicodedata

import numpy as np


def nfkc_keys() -> dict[str, str]:
    """Return a map like SentencePiece's: compositions, widths, ligatures, white space, and control characters."""
    ranges = [*range(0xA0, 0x600), *range(0x1E00, 0x2100), *range(0x2460, 0x2500), *range(0x3000, 0x3400)]
    ranges += [*range(0xFB00, 0xFB10), *range(0xFE70, 0xFF00), *range(0xFF00, 0xFFF0), 0x1D400, 0x1F100]
    keys = {chr(point): unicodedata.normalize("NFKC", chr(point)) for point in ranges}
    keys = {key: value for key, value in keys.items() if value != key}
    for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        parts = unicodedata.normalize("NFD", chr(point))
        if len(parts) > 1:
            keys[parts] = chr(point)
    keys |= dict.fromkeys("\t\n\r\x0b\x0c\u200b\u2028\u2029\u00a0\u3000", " ")
    return keys | dict.fromkeys("\x01\x02\x7f\u00ad", "")


def charsmap(keys: dict[str, str]) -> bytes:
    """Return a character map with these replacements: a double-array trie, and the replacements."""
    texts, starts = b"", {}
    for value in sorted(set(keys.values())):
        starts[value] = len(texts)
        texts += value.encode() + b"\0"
    tree: dict = {}
    for key, value in keys.items():
        node = tree
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[-1] = starts[value]
    return _double_array(tree) + texts


def _double_array(tree: dict) -> bytes:
    """Return the trie with its size. A node's children are at its place, exclusive-or its offset and their bytes."""
    units, used = np.zeros(1 << 18, "<u4"), np.zeros(1 << 18, bool)
    used[:256] = True
    pending, free, bases = [(0, tree)], 256, set[int]()
    while pending:
        place, node = pending.pop()
        labels = [max(label, 0) for label in node]
        while used[free]:
            free += 1
        slot = free
        while slot ^ labels[0] in bases or any(used[slot ^ labels[0] ^ label] for label in labels):
            slot += 1
        base = slot ^ labels[0]
        bases.add(base)
        units[place] |= np.uint32((base ^ place) << 10)
        for label, child in node.items():
            slot = base ^ max(label, 0)
            used[slot] = True
            if label < 0:
                units[slot] = np.uint32(child | 1 << 31)
                units[place] |= np.uint32(1 << 8)
            else:
                units[slot] = np.uint32(label)
                pending.append((slot, child))
    array = units[: int(np.flatnonzero(used).max()) + 257].tobytes()
    return len(array).to_bytes(4, "little") + array
