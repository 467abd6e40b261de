"""Bytes that are not text."""

from luthier.data.record import Fault


def first_bad_byte(raw: bytes) -> int | None:
    """Where the bytes stop being UTF-8, from 0."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def bad_byte(raw: bytes, position: int) -> Fault:
    what = f"byte {position + 1} (0x{raw[position]:02x}) is not UTF-8"
    why = "The file was probably saved as Windows-1252 or Latin-1"
    return Fault("wrong_encoding", what, why, "Save the file as UTF-8")


def utf8_fault(raw: bytes) -> Fault | None:
    position = first_bad_byte(raw)
    return None if position is None else bad_byte(raw, position)


def nul_fault(raw: bytes) -> Fault | None:
    position = raw.find(0)
    if position < 0:
        return None
    return Fault("nul_byte", f"byte {position + 1} is a NUL", "Text holds none; the file is damaged", "Take it out")
