"""The faults that are tested are many and each another."""

from fault_files import FILES
from fault_rows import ROWS
from test_bombs import BOMBS
from test_clean_reads import CLEAN
from test_documents import DOCUMENTS
from test_folders import PATHS, SKIPPED
from test_sql_queries import REFUSED, URLS


def test_there_are_150_and_more():
    bytes_faults = {(name, content) for name, content, *_ in (*ROWS.values(), *FILES.values())}
    assert len(bytes_faults) == len(ROWS) + len(FILES) >= 150
    elsewhere = [*BOMBS, *DOCUMENTS, *PATHS, *SKIPPED, *REFUSED, *URLS]
    assert len(bytes_faults) + len(elsewhere) >= 300


def test_what_is_sound_is_tested_as_often_as_one_may_wish():
    assert len({(name, content) for name, content, _ in CLEAN.values()}) == len(CLEAN) >= 60
