"""A writer of small OpenStreetMap extracts, after the format's description.

wiki.openstreetmap.org/wiki/PBF_Format: blocks of header and data; strings in a table; coordinates
in hundreds of nanodegrees; dense nodes and the nodes of ways as differences, zigzag.
"""

import zlib


def varint(value):
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def zigzag(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def number(field, value):
    return varint(field << 3) + varint(value)


def piece(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def steps(values):
    """Write numbers as differences, as dense nodes and the nodes of ways are."""
    before = [0, *values[:-1]]
    return b"".join(zigzag(one - other) for one, other in zip(values, before, strict=True))


def block(kind, data):
    packed = zlib.compress(data)
    blob = number(2, len(data)) + piece(3, packed)
    header = piece(1, kind.encode()) + number(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def pbf(nodes, ways=()):
    """Write nodes ``(id, lon, lat, tags)`` and ways ``(id, [node ids], tags)``."""
    texts = [""]

    def text(word):
        if word not in texts:
            texts.append(word)
        return texts.index(word)

    def tagged(tags):
        keys = b"".join(varint(text(key)) for key in tags)
        values = b"".join(varint(text(value)) for value in tags.values())
        return (piece(2, keys) + piece(3, values)) if tags else b""

    points = piece(
        2,
        piece(1, steps([key for key, *_ in nodes]))
        + piece(8, steps([round(lat * 1e7) for _, _, lat, _ in nodes]))
        + piece(9, steps([round(lon * 1e7) for _, lon, _, _ in nodes]))
        + piece(
            10,
            b"".join(
                b"".join(varint(text(word)) for pair in tags.items() for word in pair) + varint(0)
                for *_, tags in nodes
            ),
        ),
    )
    lines = b""
    for key, ids, tags in ways:
        lines += piece(3, number(1, key) + tagged(tags) + piece(8, steps(ids)))
    groups = piece(2, points) + (piece(2, lines) if lines else b"")
    table = piece(1, b"".join(piece(1, word.encode()) for word in texts))
    head = piece(4, b"OsmSchema-V0.6") + piece(4, b"DenseNodes") + piece(16, b"made for a test")
    return block("OSMHeader", head) + block("OSMData", table + groups)
