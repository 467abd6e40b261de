import pytest

from luthier.errors import AlreadyRunning, DataError, HomeError, NotFound
from luthier.home import check_home
from luthier.run import Run, find_run, open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.stages import STAGES
from luthier.storage import write_text
from luthier.training import presets


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def spec(tmp_path) -> RunSpec:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    return RunSpec.model_validate({"name": "bot", "data": {"path": tmp_path / "rows.jsonl"}})


def finish(run: Run, stage: str) -> None:
    for file in STAGES[stage].leaves:
        write_text(run.folder.root / file.replace("*", ""), "x")
    run.folder.complete(stage, run.key(stage), {"done": stage}, 1.0)


def test_the_same_spec_is_the_same_run(spec, settings, tmp_path):
    first = open_run(spec, settings).folder.run_id
    assert open_run(spec.model_copy(update={"notes": "x"}), settings).folder.run_id == first
    (tmp_path / "rows.jsonl").write_text("{} \n")
    assert open_run(spec, settings).folder.run_id != first


def test_again_starts_another_run_and_continues_it_until_it_is_complete(spec, settings):
    first = open_run(spec, settings)
    finish(first, "report")
    second = open_run(spec, settings, again=True)
    assert second.folder.run_id == f"{first.folder.run_id}-2"
    second.folder.root.mkdir(parents=True)
    assert open_run(spec, settings, again=True).folder.run_id == second.folder.run_id
    assert open_run(spec, settings).folder.run_id == second.folder.run_id
    finish(second, "report")
    assert open_run(spec, settings, again=True).folder.run_id == f"{first.folder.run_id}-3"


def test_a_marker_counts_only_while_its_files_are_there(spec, settings):
    run = open_run(spec, settings)
    finish(run, "report")
    assert run.completed("report") == {"done": "report"}
    (run.folder.root / "report/report.pdf").unlink()
    assert run.completed("report") is None


def test_a_marker_of_another_key_does_not_count(spec, settings):
    run = open_run(spec, settings)
    finish(run, "report")
    assert open_run(spec.model_copy(update={"notes": "new"}), settings).completed("report") is None


def test_chosen_values_stay_while_notes_change(spec, settings):
    run = open_run(spec, settings)
    save_spec(presets.resolve(spec, context=512), run.folder.spec)
    later = open_run(spec.model_copy(update={"notes": "new"}), settings)
    assert later.spec.training.rank == 16 and later.spec.compute.threads and later.spec.notes == "new"
    later.save_spec()
    assert open_run(spec, settings).spec.training == later.spec.training


def test_a_locked_run_is_refused_and_free_again_after(spec, settings):
    run = open_run(spec, settings)
    with run.folder.locked(), pytest.raises(AlreadyRunning, match="already being worked on"), run.folder.locked():
        pass
    with run.folder.locked():
        pass


def test_finding_a_run_by_the_beginning_of_its_id(spec, settings):
    run = open_run(spec, settings)
    run.folder.root.mkdir(parents=True)
    assert find_run(settings, "bot").run_id == run.folder.run_id
    with pytest.raises(NotFound, match="there is no run"):
        find_run(settings, "cat")


def test_missing_data_and_homes_that_cannot_be_are_said(spec, settings, tmp_path):
    (tmp_path / "rows.jsonl").unlink()
    with pytest.raises(DataError, match=r"rows\.jsonl"):
        open_run(spec, settings)
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="cannot be written"):
        check_home(tmp_path / "file" / "home")


def test_a_relative_base_starts_where_the_flow_runs(spec, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = spec.model_copy(update={"model": spec.model.model_copy(update={"base": "./base"})})
    assert open_run(asked, settings).spec.model.base == str(tmp_path / "base")
