"""Texts of every layout end as conversations, by the same way as all other files."""

import pytest
from fault_rows import CHAT, CHATML, QA, WHATSAPP
from test_documents import pdf, word

from luthier.data.formats.assemble import conversations
from luthier.data.reading.source import Source
from luthier.data_spec import DataSpec

PROSE = b"A sentence that says something. Another one that says more.\n\n" * 40

TEXTS = {  # name: (file name, bytes, layout, values of the spec)
    "ChatML": ("d.txt", CHATML * 3, "messages", {}),
    "transcript": ("d.txt", CHAT * 3, "messages", {}),
    "questions": ("d.txt", QA * 3, "question_answer", {}),
    "WhatsApp": ("d.txt", WHATSAPP, "message_table", {"assistant": "Bob"}),
    "Markdown": ("d.md", b"# Start\n\nTurn it on.\n\n# Stop\n\nTurn it off.\n", "prompt_completion", {}),
    "running text": ("d.txt", PROSE, "text", {}),
    "PDF": ("d.pdf", pdf("One sentence is here. Another one is there."), "text", {}),
    "Word": ("d.docx", word(("Heading 1", "A"), ("Normal", "One sentence. Another one.")), "text", {}),
}


@pytest.mark.parametrize("case", TEXTS)
def test_is_understood(tmp_path, case):
    name, content, layout, values = TEXTS[case]
    path = tmp_path / name
    path.write_bytes(content)
    seen, found = conversations(Source(path), DataSpec(path=path, **values))
    records = [record for record in found if record]
    assert seen.format.name == layout
    assert records and all(record.fault is None for record in records)
    assert all(record.messages[-1]["role"] == "assistant" for record in records)
