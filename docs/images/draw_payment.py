"""Draw docs/images/payment.svg: one payment by face, message by message.

`make pictures` writes the file; tests/unit/test_payment_picture.py compares the committed file
with what this script draws, so the picture is changed here and nowhere else. The drawing depends
on nothing but this file: no font metrics, no date, no random number.
"""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

FILE = Path(__file__).with_name("payment.svg")
WIDTH, TOP, ROW, RULE = 980, 64, 38, 30  # pixels
LANES = {"Customer": 90, "Terminal": 330, "facepay": 610, "OpenBao": 880}
INK, QUIET, LINE, FILL, GRAVE = "#1b1f24", "#57606a", "#8c959f", "#eaf2fb", "#a40e26"


@dataclass(frozen=True)
class Message:
    """An arrow from one lane to another, with its text above it."""

    source: str
    target: str
    text: str
    colour: str = INK


@dataclass(frozen=True)
class Work:
    """A box on the lane of the service: what it does before it answers."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A rule across all lanes, with the request that begins there."""

    text: str


STORY: tuple[Message | Work | Heading, ...] = (
    Heading("The terminal opens a payment and a capture"),
    Message("Terminal", "facepay", "12.50 EUR, order 1; payer “grace”"),
    Message("facepay", "Terminal", "random challenge, 60 s to answer"),
    Heading("First request: the frames"),
    Message("Customer", "Terminal", "turns the head as asked"),
    Message("Terminal", "facepay", "up to 24 frames, signed"),
    Work(("1 lease · 2 load, refuse early", "3 liveness")),
    Message("facepay", "OpenBao", "unseal this payer’s reference"),
    Work(("4 compare 1:1, overwrite the frames", "6 decide: ask for a second factor", "7 commit")),
    Message("facepay", "Terminal", "second factor, please"),
    Heading("Second request: the second factor"),
    Message("Customer", "Terminal", "one-time code or device key"),
    Message("Terminal", "facepay", "code or confirmation"),
    Work(("1 lease · 2 load · 5 verify factor", "6 decide", "7 commit, if the face still lives")),
    Message("facepay", "Terminal", "approved, signed · or declined"),
    Heading("At any time, without the shop: take the face back"),
    Message("Customer", "facepay", "revoke, with any one credential", GRAVE),
    Message("facepay", "OpenBao", "destroy the template’s key", GRAVE),
)


def drawn() -> str:
    """Return the whole picture as SVG text."""
    parts: list[str] = []
    y = TOP
    for item in STORY:
        if isinstance(item, Work):
            parts += _work(item, y)
            y += 18 * len(item.lines) + 20
        elif isinstance(item, Heading):
            parts += _heading(item, y + 6)
            y += RULE + 6
        else:
            parts += _message(item, y)
            y += ROW
    height = y + 4
    frame = [*_open(height), *_lanes(height), *parts, "</svg>", ""]
    return "\n".join(frame)


def write() -> None:
    """Write the picture to its file."""
    FILE.write_text(drawn())


def _open(height: int) -> list[str]:
    said = "Sequence of one payment by face between customer, terminal, facepay and OpenBao."
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title" '
        'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">',
        f'<title id="title">{said}</title>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
    ]


def _lanes(height: int) -> list[str]:
    parts = []
    for name, x in LANES.items():
        parts += [
            f'<line x1="{x}" y1="50" x2="{x}" y2="{height - 12}" stroke="{LINE}" '
            'stroke-dasharray="3 4"/>',
            f'<rect x="{x - 62}" y="16" width="124" height="34" rx="6" fill="{INK}"/>',
            _text(x, 38, name, 15, "#ffffff", "middle", bold=True),
        ]
    return parts


def _heading(item: Heading, y: int) -> list[str]:
    return [
        f'<rect x="16" y="{y - 2}" width="{WIDTH - 32}" height="26" rx="4" fill="{FILL}"/>',
        _text(28, y + 16, item.text, 13, QUIET, "start", bold=True),
    ]


def _message(item: Message, y: int) -> list[str]:
    begin, end = LANES[item.source], LANES[item.target]
    forward = 1 if end > begin else -1
    line_y, tip = y + 24, end - 2 * forward
    head = f"{tip},{line_y} {tip - 9 * forward},{line_y - 5} {tip - 9 * forward},{line_y + 5}"
    # An arrow across a lane has its text in the first gap, where no lifeline runs through it.
    middle = begin + forward * 125 if abs(end - begin) > 400 else (begin + end) // 2
    return [
        f'<line x1="{begin}" y1="{line_y}" x2="{tip}" y2="{line_y}" stroke="{item.colour}" '
        'stroke-width="1.6"/>',
        f'<polygon points="{head}" fill="{item.colour}"/>',
        _text(middle, y + 16, item.text, 13.5, item.colour, "middle"),
    ]


def _work(item: Work, y: int) -> list[str]:
    x, height = LANES["facepay"], 18 * len(item.lines) + 12
    parts = [
        f'<rect x="{x - 128}" y="{y + 6}" width="256" height="{height}" rx="6" fill="{FILL}" '
        f'stroke="{LINE}"/>'
    ]
    for number, line in enumerate(item.lines):
        parts.append(_text(x, y + 25 + 18 * number, line, 13, INK, "middle"))
    return parts


def _text(
    x: float, y: float, text: str, size: float, colour: str, anchor: str, *, bold: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
        f"{escape(text)}</text>"
    )


if __name__ == "__main__":
    write()
