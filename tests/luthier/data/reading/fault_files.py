# ruff: noqa: E501 (a case a line)
"""Files that are faulty as a whole: name, bytes, place of the fault, part of the message."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import zstandard
from fault_rows import CSV, GOOD

MANY = b"".join(b'{"prompt": "%d", "completion": "%d"}\n' % (number * 7919, number) for number in range(500))


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "<a/>")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.jsonl"), io.BytesIO(b""))
    return out.getvalue()


def checked(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def damaged(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 0xFF
    return bytes(changed)


FILES = {  # faults of the file as a whole
    "empty file": ("d.jsonl", b"", "d.jsonl", "is empty"),
    "blank lines only": ("d.jsonl", b"\n \n\n", "d.jsonl", "holds no rows"),
    "no known field": ("d.jsonl", b'{"a": 1, "b": 2}\n', "d.jsonl", "no known format"),
    "unknown ending": ("d.xyz", GOOD, "d.xyz", "cannot be read"),
    "no ending": ("data", GOOD, "data", "no ending"),
    "UTF-16 without mark": ("d.jsonl", GOOD.decode().encode("utf-16-le"), "d.jsonl", "UTF-16"),
    "Excel": ("d.csv", b"PK\x03\x04rest", "d.csv", "Excel"),
    "Parquet as JSON": ("d.jsonl", b"PAR1rest", "d.jsonl", "Parquet"),
    "broken array": ("d.json", b'[{"prompt": "a"},\n {"prompt": }]', "d.json:2", "line 2, column"),
    "one object": ("d.json", b'{"prompt": "a"}', "d.json", "an object, not a list of rows"),
    "a number": ("d.json", b"7", "d.json", "a number, not a list"),
    "empty array": ("d.json", b"[]", "d.json", "holds no rows"),
    "array in latin-1": ("d.json", '[\n"é"]'.encode("latin-1"), "d.json:2", "0xe9"),
    "CSV header only": ("d.csv", b"prompt,completion\n", "d.csv", "holds no rows"),
    "CSV blank": ("d.csv", b"\n\n", "d.csv", "no header"),
    "CSV open quote": ("d.csv", CSV + b'a,"b\nc,d\n', "d.csv:3", "never closed"),
    "CSV columns twice": ("d.csv", b"prompt,prompt\na,b\n", "d.csv:1", "two columns"),
    "CSV header in latin-1": ("d.csv", "frage é,b\na,b\n".encode("latin-1"), "d.csv:1", "header cannot be read"),
    "Parquet cut off": ("d.parquet", b"PAR1\0\0", "d.parquet", "not a whole Parquet file"),
    "spaces only": ("d.jsonl", b"   ", "d.jsonl", "holds no rows"),
    "byte order mark only": ("d.jsonl", b"\xef\xbb\xbf", "d.jsonl", "holds no rows"),
    "UTF-16 mark only": ("d.jsonl", b"\xff\xfe", "d.jsonl", "holds no rows"),
    "UTF-32": ("d.jsonl", GOOD.decode().encode("utf-32"), "d.jsonl", "UTF-32"),
    "UTF-32 big endian": ("d.csv", b"\0\0\xfe\xff" + GOOD.decode().encode("utf-32-be"), "d.csv", "UTF-32"),
    "UTF-16 big endian without mark": ("d.csv", GOOD.decode().encode("utf-16-be"), "d.csv", "UTF-16"),
    "zeros": ("d.jsonl", bytes(500), "d.jsonl", "a binary file"),
    "workbook by name": ("d.xlsx", zipped("xl/workbook.xml"), "d.xlsx", "Save the sheet as CSV"),
    "old workbook by name": ("d.xls", b"\xd0\xcf\x11\xe0", "d.xls", "Save the sheet as CSV"),
    "old document by name": ("d.doc", b"\xd0\xcf\x11\xe0", "d.doc", "Save it as .docx"),
    "archive by name": ("d.zip", zipped("a.jsonl"), "d.zip", "Unpack it"),
    "database by name": ("d.sqlite", b"SQLite format 3\0", "d.sqlite", ".sql file"),
    "YAML by name": ("d.yaml", b"- a", "d.yaml", "Convert it to .jsonl"),
    "Arrow by name": ("d.arrow", b"ARROW1", "d.arrow", "Write it as Parquet"),
    "packing without an inner ending": ("d.gz", gzip.compress(GOOD), "d.gz", "has no ending"),
    "packed archive": ("d.tar.gz", gzip.compress(GOOD), "d.tar.gz", "Unpack it"),
    "workbook as CSV": ("d.csv", zipped("xl/workbook.xml"), "d.csv", "an Excel workbook"),
    "workbook as JSON Lines": ("d.jsonl", zipped("xl/workbook.xml"), "d.jsonl", "an Excel workbook"),
    "document as text": ("d.txt", zipped("word/document.xml"), "d.txt", "a Word document"),
    "OpenDocument as CSV": ("d.csv", zipped("content.xml"), "d.csv", "an OpenDocument file"),
    "ZIP as JSON": ("d.json", zipped("a.json"), "d.json", "a ZIP archive"),
    "old Office as CSV": ("d.csv", b"\xd0\xcf\x11\xe0rest", "d.csv", "old or an encrypted Office file"),
    "PDF as text": ("d.txt", b"%PDF-1.7\n", "d.txt", "a PDF document"),
    "PDF as JSON Lines": ("d.jsonl", b"%PDF-1.7\n", "d.jsonl", "a PDF document"),
    "SQLite as CSV": ("d.csv", b"SQLite format 3\0rest", "d.csv", "an SQLite database"),
    "RTF as text": ("d.txt", b"{\\rtf1 x}", "d.txt", "rich text"),
    "bzip2 as JSON Lines": ("d.jsonl", bz2.compress(GOOD), "d.jsonl", "a bzip2 archive"),
    "xz as JSON Lines": ("d.jsonl", lzma.compress(GOOD), "d.jsonl", "an xz archive"),
    "7-Zip as JSON Lines": ("d.jsonl", b"7z\xbc\xaf\x27\x1crest", "d.jsonl", "a 7-Zip archive"),
    "tar as JSON Lines": ("d.jsonl", tarred(), "d.jsonl", "a tar archive"),
    "Arrow as JSON Lines": ("d.jsonl", b"ARROW1\0\0", "d.jsonl", "an Arrow file"),
    "HDF5 as CSV": ("d.csv", b"\x89HDF\r\n", "d.csv", "an HDF5 file"),
    "picture as text": ("d.txt", b"\x89PNG\r\n", "d.txt", "a picture"),
    "program as text": ("d.txt", b"\x7fELF\x02", "d.txt", "a program"),
    "web page as CSV": ("d.csv", b"<!DOCTYPE html>\n<html>", "d.csv", "Often a page that asks to log in"),
    "XML as JSON": ("d.json", b"<?xml version='1.0'?>", "d.json", "a web page or XML"),
    "Git LFS pointer": ("d.jsonl", b"version https://git-lfs.github.com/spec/v1\n", "d.jsonl", "git lfs pull"),
    "name says gzip": ("d.jsonl.gz", GOOD, "d.jsonl.gz", "not packed like that"),
    "name says Zstandard": ("d.jsonl.zst", GOOD, "d.jsonl.zst", "not packed like that"),
    "gzip cut off": ("d.jsonl.gz", gzip.compress(MANY)[:-30], "d.jsonl.gz", "is cut off"),
    "gzip without its end": ("d.jsonl.gz", gzip.compress(MANY)[:-4], "d.jsonl.gz", "is cut off"),
    "gzip damaged": ("d.jsonl.gz", damaged(gzip.compress(MANY), 60), "d.jsonl.gz", "gzip file is damaged"),
    "gzip of another sum": ("d.jsonl.gz", damaged(gzip.compress(MANY), -6), "d.jsonl.gz", "gzip file is damaged"),
    "gzip with rubbish behind": ("d.jsonl.gz", gzip.compress(MANY) + b"rubbish", "d.jsonl.gz", "is damaged"),
    "gzip head only": ("d.jsonl.gz", b"\x1f\x8b", "d.jsonl.gz", "gzip"),
    "gzip of nothing": ("d.jsonl.gz", gzip.compress(b""), "d.jsonl.gz", "is empty"),
    "Zstandard cut off": ("d.jsonl.zst", zstandard.compress(MANY)[:-30], "d.jsonl.zst", "is cut off"),
    "Zstandard head only": ("d.jsonl.zst", zstandard.compress(MANY)[:6], "d.jsonl.zst", "is cut off"),
    "Zstandard damaged": ("d.jsonl.zst", damaged(checked(MANY), -2), "d.jsonl.zst", "is damaged"),
    "Zstandard with rubbish behind": ("d.jsonl.zst", zstandard.compress(MANY) + b"rubbish!", "d.jsonl.zst", "is damaged"),
    "gzip in gzip": ("d.jsonl.gz", gzip.compress(gzip.compress(GOOD)), "d.jsonl.gz", "a gzip archive in another"),
    "objects one after the other": ("d.json", b'{\n"a": 1\n}\n{\n"a": 2\n}', "d.json:4", "a second JSON value begins here"),
    "lists one after the other": ("d.json", b'[{"a": 1}]\n[{"a": 2}]', "d.json:2", "a second JSON value begins here"),
    "array cut off": ("d.json", b'[{"prompt": "a"},\n{"prom', "d.json:2", "broken JSON"),
    "array with a comma too many": ("d.json", b'[{"prompt": "a"},\n]', "d.json:1", "broken JSON"),
    "array without a comma": ("d.json", b'[{"a": 1}\n{"a": 2}]', "d.json:2", "broken JSON"),
    "array with NaN": ("d.json", b'[\n{"a": NaN}]', "d.json:2", "broken JSON"),
    "array nested deep": ("d.json", b"[" * 5000 + b"]" * 5000, "d.json:1", "broken JSON"),
    "array with a lone surrogate": ("d.json", b'[\n"\\ud800"]', "d.json:2", "broken JSON"),
    "JSON with a comment": ("d.json", b'// x\n[]', "d.json:1", "broken JSON"),
    "list over lines as JSON Lines": ("d.jsonl", b'\n[\n{"prompt": "a"}\n]\n', "d.jsonl:2", "Give the file the ending .json"),
    "objects over lines as JSON Lines": ("d.jsonl", b'{\n"prompt": "a"\n}\n', "d.jsonl:1", "an object that goes over several lines"),
    "a text": ("d.json", b'"x"', "d.json", "a text, not a list"),
    "null": ("d.json", b"null", "d.json", "null, not a list"),
    "object of objects": ("d.json", b'{"a": {"prompt": "x"}}', "d.json", "A list is looked for under"),
    "object with an empty list": ("d.json", b'{"data": []}', "d.json", "an object, not a list"),
    "object with lists of texts": ("d.json", b'{"data": ["a", "b"]}', "d.json", "an object, not a list"),
    "object with two lists": ("d.json", b'{"data": [{"a": 1}], "items": [{"b": 1}]}', "d.json", "several lists of rows: data, items"),
    "JSON in UTF-16 broken": ("d.json", '[\n{"a": }]'.encode("utf-16"), "d.json:2", "broken JSON"),
    "CSV quote from the header on": ("d.csv", b'"prompt,completion\na,b\n', "d.csv:1", "never closed"),
    "CSV quote over much": ("d.csv", CSV + b'a,"b\n' + b"c,d\n" * 3_000_000, "d.csv:3", "never closed"),
    "CSV header with a broken quote": ("d.csv", b'"prompt"x,completion\na,b\n', "d.csv:1", "header cannot be read"),
    "CSV header with a NUL": ("d.csv", b"pro\0mpt,completion\na,b\n", "d.csv:1", "NUL"),
    "CSV columns twice but for spaces": ("d.csv", b"prompt, prompt \na,b\n", "d.csv:1", "two columns"),
    "CSV with sep= only": ("d.csv", b"sep=;\n", "d.csv", "no header"),
    "CSV header of semicolons only": ("d.csv", b"prompt;completion\n", "d.csv", "holds no rows"),
    "TSV that has commas": ("d.tsv", CSV, "d.tsv", "Fields found: prompt,completion"),
    "CSV without a header": ("d.csv", b"What?,That.\nWho?,Me.\n", "d.csv", "Fields found: That., What?"),
    "Parquet of nothing": ("d.parquet", b"PAR1PAR1", "d.parquet", "not a whole Parquet file"),
    "JSON as Parquet": ("d.parquet", GOOD, "d.parquet", "not a whole Parquet file"),
    "JSON as PDF": ("d.pdf", GOOD, "d.pdf", "not a PDF document"),
    "PDF cut off": ("d.pdf", b"%PDF-1.7\n1 0 obj\n<<", "d.pdf", "PDF document is damaged"),
    "JSON as Word": ("d.docx", GOOD, "d.docx", "not a whole Word document"),
    "workbook as Word": ("d.docx", zipped("xl/workbook.xml"), "d.docx", "not a whole Word document"),
    "Word document without parts": ("d.docx", zipped("word/document.xml"), "d.docx", "not a whole Word document"),
    "encrypted Word document": ("d.docx", b"\xd0\xcf\x11\xe0rest", "d.docx", "encrypted or an old .doc"),
}  # fmt: skip
