"""Bytes that are not text."""

import re

from luthier.data.record import Fault

_HALVES = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_KANA = re.compile("[\u3041-\u30ff]{2}")
_CYRILLIC = re.compile("[А-яЁё]{3}")
_HAN = re.compile("^[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]{2,}$")
_ADVICE = "Save the file as UTF-8"


def first_bad_byte(raw: bytes) -> int | None:
    """Where the bytes stop being UTF-8, from 0."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def bad_byte(raw: bytes, position: int) -> Fault:
    what = f"byte {position + 1} (0x{raw[position]:02x}) is not UTF-8"
    return Fault("wrong_encoding", what, _likely(raw, position), _ADVICE)


def utf8_fault(raw: bytes) -> Fault | None:
    position = first_bad_byte(raw)
    return None if position is None else bad_byte(raw, position)


def nul_fault(raw: bytes) -> Fault | None:
    position = raw.find(0)
    if position < 0:
        return None
    return Fault("nul_byte", f"byte {position + 1} is a NUL", "Text holds none; the file is damaged", "Take it out")


def _likely(raw: bytes, position: int) -> str:
    """The likeliest reason, from what the bytes around would be in other encodings."""
    if _HALVES.match(raw, position):
        return "It begins half a surrogate pair, as a program that cuts emoji in two writes it"
    if raw[position : position + 2] == b"\xc0\x80":
        return "It is the NUL of Java's own UTF-8"
    last = raw[position:].rstrip()
    if 1 < len(last) < 4 and last[0] >= 0xE0 and all(0x80 <= byte < 0xC0 for byte in last[1:]):
        return "A character is cut off at the end"
    around = raw[max(0, position - 300) : position + 300]
    return f"The file was probably saved as {_encoding(around)}"


def _encoding(raw: bytes) -> str:
    high = b"".join(re.findall(rb"[\x80-\xff][\x40-\x7e\x80-\xff]*", raw))
    if _KANA.search(high.decode("shift_jis", "ignore")) and _is("shift_jis", high):
        return "Shift-JIS"
    if _CYRILLIC.search(high.decode("cp1251", "ignore")) and sum(b >= 0xC0 for b in high) > 0.9 * len(high):
        return "Windows-1251 or KOI8-R"
    if _is("gb18030", high) and _HAN.match(high.decode("gb18030")):
        return "GB 18030 or GBK"
    return "Windows-1252 or Latin-1"


def _is(encoding: str, raw: bytes) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
