"""PDF and Word documents."""

import io
import sys

import docx
import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from reading_rules import rows

from luthier.errors import DataError


def pdf(*pages: str, password: str = "", owner: str = "") -> bytes:
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(600, 800)
        font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                                 NameObject("/BaseFont"): NameObject("/Helvetica")})  # fmt: skip
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password or owner:
        writer.encrypt(password, owner or None, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(*parts) -> bytes:
    document = docx.Document()
    for style, text in parts:
        if style == "table":
            table = document.add_table(len(text), len(text[0]))
            for row, cells in zip(table.rows, text, strict=True):
                for cell, told in zip(row.cells, cells, strict=True):
                    cell.text = told
        else:
            document.add_paragraph(text, style)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_pages_become_passages():
    found = rows(pdf("One.", "", "Three. " + "More of it follows. " * 120), "my_report.pdf")
    assert found[0].value == {"title": "my report", "text": "One."} and found[1] is None
    assert [record.place for record in found if record] == [
        "my_report.pdf: page 1", "my_report.pdf: page 3, passage 1", "my_report.pdf: page 3, passage 2",
    ]  # fmt: skip
    assert [record.number for record in found if record] == [1, 3, 4]


def test_headings_and_tables():
    content = word(
        ("Title", "Guide"), ("Heading 1", "Start"), ("Normal", "Turn it on."), ("table", [["a", "b"], ["c", "d"]]),
        ("Heading 2", "Stop"), ("Normal", "Turn it off."), ("Heading 1", "Empty"),
    )  # fmt: skip
    assert [record.value for record in rows(content, "d.docx")] == [
        {"title": "Guide: Start", "text": "Turn it on.\n\na | b\nc | d"},
        {"title": "Guide: Start: Stop", "text": "Turn it off."},
    ]


def test_only_changes_are_forbidden():
    assert len(rows(pdf("One.", owner="secret"), "d.pdf")) == 1


DOCUMENTS = {  # name: (file name, bytes, part of the message)
    "encrypted PDF": ("d.pdf", pdf("One.", password="secret"), "the document is encrypted"),
    "scanned PDF": ("d.pdf", pdf("", ""), "the document holds no text"),
    "PDF without pages": ("d.pdf", pdf(), "the document holds no text"),
    "half a PDF": ("d.pdf", pdf("One.")[:300], "damaged"),
    "Word document without text": ("d.docx", word(), "the document holds no text"),
    "Word document of headings": ("d.docx", word(("Heading 1", "x")), "the document holds no text"),
    "half a Word document": ("d.docx", word(("Normal", "x"))[:3000], "not a whole Word document"),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_is_refused(case):
    name, content, message = DOCUMENTS[case]
    with pytest.raises(DataError, match=message) as caught:
        rows(content, name)
    assert name in str(caught.value)


@pytest.mark.parametrize(("module", "name"), [("pypdf", "d.pdf"), ("docx", "d.docx")])
def test_the_extra_is_named_where_it_is_missing(monkeypatch, module, name):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=r"pip install 'luthier\[documents\]'"):
        rows(pdf("One.") if module == "pypdf" else word(), name)
