import pytest
from report_run import make_run

from luthier.catalogue.export import export_run
from luthier.errors import NotFound, SpecError
from luthier.storage import write_text


def test_export_says_what_stands_in_its_way(tmp_path):
    run = make_run(tmp_path)
    with pytest.raises(NotFound, match="not complete"):
        export_run(run, tmp_path / "out")
    write_text(run.report / "report.json", "{}")
    run.complete("report", "key", {}, 1.0)
    assert tmp_path / "out" / "report.json" in export_run(run, tmp_path / "out")
    with pytest.raises(SpecError, match="cannot be copied there") as caught:
        export_run(run, tmp_path / "out" / "report.json" / "inside")
    assert caught.value.exit_code == 2
