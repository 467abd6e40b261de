"""HTML as text, with the standard library."""

import re
from html.parser import HTMLParser

from luthier.data.formats.names import spaced

_BLOCKS = spaced("p div br li tr h1 h2 h3 h4 h5 h6 blockquote ul ol table pre section article hr")
_UNSEEN = frozenset(("script", "style", "head", "title"))
_NAMES = "p|div|br|span|a|b|i|u|em|strong|li|ul|ol|h[1-6]|table|tr|td|blockquote|img|html|body"
_TAG = re.compile(rf"</?(?:{_NAMES})\b[^<>]*>", re.IGNORECASE)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in _UNSEEN))
        if tag in ("p", "div", "tr", "blockquote"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(re.sub(r"\s+", " ", data))


def plain(text: str) -> str:
    """The text without its tags, if it has any; other texts as they are."""
    if not _TAG.search(text):
        return text
    parser = _Text()
    try:
        parser.feed(text)
        parser.close()
    except AssertionError:  # its way of refusing a damaged declaration
        parser.parts = [_TAG.sub(" ", text)]
    lines = [line.strip() for line in "".join(parser.parts).replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
