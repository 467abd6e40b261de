"""A note that is written after the report is in the next one."""

from report_run import make_facts, make_run, make_spec

from luthier import notes
from luthier.reporting import build
from luthier.run import Run
from luthier.settings import Settings


def test_a_report_that_is_made_again_holds_the_newest_note(tmp_path):
    run, spec = make_run(tmp_path), make_spec(notes="first")
    assert build(run, spec, make_facts())["notes"] == "first"
    notes.write(run, "<b>second</b>")
    assert build(run, spec, make_facts())["notes"] == "<b>second</b>"
    assert "&lt;b&gt;second" in (run.report / "report.html").read_text()


def test_a_note_leaves_a_finished_stage_finished(tmp_path):
    run = Run(make_spec(notes="first"), "0" * 64, make_run(tmp_path), Settings(home=tmp_path))
    before = run.key("report")
    notes.write(run.folder, "second")
    assert run.key("report") == before
