"""Draws the page's icon, a vein of ore in rock: `python tools/icon.py` writes src/lode/app/icon.png."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

SIZE, CORNER, OVERSAMPLE = 64, 14.0, 4
ROCK, ORE, CLEAR = (38, 50, 62, 255), (230, 159, 0, 255), (0, 0, 0, 0)
ICON = Path(__file__).resolve().parents[1] / "src/lode/app/icon.png"

Pixel = tuple[int, int, int, int]


def color_at(x: float, y: float) -> Pixel:
    """Return the colour of a point; the picture spans 0 to SIZE both ways."""
    inset = [max(CORNER - v, v - (SIZE - CORNER), 0.0) for v in (x, y)]
    if math.hypot(*inset) > CORNER:
        return CLEAR
    vein = SIZE - x + 7.0 * math.sin(x / 8.0)
    width = 4.0 + 2.5 * math.sin(x / 5.0 + 1.0)
    return ORE if abs(y - vein) < width else ROCK


def pixel(column: int, row: int) -> Pixel:
    """Average a pixel over its parts."""
    steps = [(at + 0.5) / OVERSAMPLE for at in range(OVERSAMPLE)]
    parts = [color_at(column + dx, row + dy) for dx in steps for dy in steps]
    red, green, blue, alpha = (round(sum(part[c] for part in parts) / len(parts)) for c in range(4))
    return red, green, blue, alpha


def chunk(kind: bytes, body: bytes) -> bytes:
    """Frame a chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main() -> None:
    """Write the icon: 8 bits a channel, RGBA, no filter."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(c, r)) for c in range(SIZE)) for r in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b""))
    ICON.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


if __name__ == "__main__":
    main()
