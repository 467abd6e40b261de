"""Fuzz the readers by hand, in this folder: PYTHONPATH=../../../..:. python -m fuzz_readers jsonl -max_total_time=60

`pip install atheris` first. The kinds: jsonl, json, csv, tsv, txt, md, docx, pdf, parquet, gz.
"""

import sys

import atheris

with atheris.instrument_imports(include=["luthier.data.reading"]):
    from reading_rules import check

KIND = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "jsonl"
NAME = "data.jsonl.gz" if KIND == "gz" else f"data.{KIND}"


def one(content: bytes) -> None:
    check(content, NAME)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
