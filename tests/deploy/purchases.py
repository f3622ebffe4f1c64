"""The first purchases of an online shop of 1997, and what they add up to."""

import io
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

import zstandard

FILE = Path(__file__).resolve().parent.parent / "data" / "cdnow.txt.zst"
HOW_MANY = 1000

Purchase = namedtuple("Purchase", "line date customer value")


def purchases():
    """The first of the file, in the order of time."""
    with open(FILE, "rb") as packed:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), "utf-8")
        next(text)
        rows = [purchase(line, next(text)) for line in range(HOW_MANY)]
    return sorted(rows, key=lambda row: (row.date, row.line))


def purchase(line, text):
    customer, date, _disks, value = text.split()
    return Purchase(line, f"{date[:4]}-{date[4:6]}-{date[6:]}", customer, Decimal(value))


def event(row):
    """A purchase as it is sent. Its id is the place where it stands, so sending it again counts once."""
    return {
        "id": f"cdnow-{row.line}",
        "kind": "sale",
        "occurred_at": f"{row.date}T00:00:00Z",
        "value": str(row.value),
        "customer": row.customer,
    }


def revenue(rows, first="0000", last="9999"):
    """What was paid from one day to another, both included, exact."""
    return sum((row.value for row in rows if first <= row.date <= last), Decimal(0))
