"""Checkpoints on disk: complete or absent, verified, rotated; no model needed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.models.weights import ADAPTER
from luthier.storage import read_json, sha256_json, write_json
from luthier.training.checkpoint_writer import clear_leftovers, rotate, set_aside_newer, write
from luthier.training.checkpoints import STATES, Torn, complete_at, newest_complete, verify

REQUIRED = {*ADAPTER, *STATES["trl"]}


def fill(folder):
    for name in REQUIRED:
        (folder / name).write_text(f"{name} of {folder.name}")


def publish(folder, step, attempt=1, best=None, loss=None, **fingerprint):
    about = {"validation_loss": loss, "best_step": best, "fingerprint": fingerprint}
    return write(folder, step, attempt, fill, about, lambda: None)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_newest_is_by_step_then_attempt(tmp_path):
    publish(tmp_path, 10, 2), publish(tmp_path, 20, 1), publish(tmp_path, 20, 3)
    checkpoint, passed_over = newest_complete(tmp_path)
    assert (checkpoint.step, checkpoint.attempt, passed_over) == (20, 3, [])
    assert checkpoint.path.name == "step-00000020-a003"


def test_no_folder_no_checkpoint(tmp_path):
    assert newest_complete(tmp_path / "absent") == (None, [])


def test_manifest_lists_every_file(tmp_path):
    manifest = read_json(publish(tmp_path, 1, loss=0.5) / "manifest.json")
    assert {entry["path"] for entry in manifest["files"]} == REQUIRED
    assert manifest["validation_loss"] == 0.5 and manifest["created"]


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_manifest_that_omits_a_file_is_torn(name, tmp_path):
    manifest = publish(tmp_path, 1) / "manifest.json"
    content = read_json(manifest)
    content["files"] = [entry for entry in content["files"] if entry["path"] != name]
    del content["sha256"]
    write_json(manifest, content | {"sha256": sha256_json(content)})
    checkpoint, [torn] = newest_complete(tmp_path)
    assert checkpoint is None and name in torn.reason


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_flipped_bit_of_a_manifest_is_believed(data, tmp_path_factory):
    path = publish(tmp_path_factory.mktemp("checkpoints"), 10, best=10, loss=0.25, seed=17)
    before, manifest = verify(path), path / "manifest.json"
    content = bytearray(manifest.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    manifest.write_bytes(content)
    try:
        assert verify(path) == before  # white space, say
    except Torn as torn:
        assert "manifest" in str(torn)


def test_other_trainings_checkpoint_is_passed_over_by_name(tmp_path):
    publish(tmp_path, 1, seed=17, batch_size=4)
    publish(tmp_path, 2, seed=17, batch_size=8)
    checkpoint, [other] = newest_complete(tmp_path, {"seed": 17, "batch_size": 4})
    assert checkpoint.step == 1 and "batch_size: 8 there, 4 here" in other.reason


def test_checkpoint_that_counts_on_a_torn_best_is_passed_over(tmp_path):
    publish(tmp_path, 1), publish(tmp_path, 2, best=2), publish(tmp_path, 3, best=2)
    (tmp_path / "step-00000002-a001" / "optimizer.pt").unlink()
    checkpoint, passed_over = newest_complete(tmp_path)
    assert checkpoint.step == 1 and "step 2, is torn" in passed_over[0].reason


def test_failed_write_leaves_nothing(tmp_path):
    def fails():
        raise RuntimeError("superseded")

    with pytest.raises(RuntimeError):
        write(tmp_path, 5, 1, fill, {"validation_loss": None, "best_step": None, "fingerprint": {}}, fails)
    assert names(tmp_path) == []


def test_rotation_keeps_the_newest_and_the_best(tmp_path):
    for step in (1, 2, 3, 4, 5):
        publish(tmp_path, step)
    rotate(tmp_path, 2, best_step=2)
    assert [int(name[5:13]) for name in names(tmp_path)] == [2, 4, 5]


def test_rotation_keeps_one_attempt_a_step(tmp_path):
    publish(tmp_path, 1, 1), publish(tmp_path, 1, 2)
    rotate(tmp_path, 1, best_step=None)
    assert names(tmp_path) == ["step-00000001-a002"]


def test_leftovers_of_a_killed_writer_go(tmp_path):
    publish(tmp_path, 1)
    for name in (".saving-step-00000002-a001", ".old-step-00000001-a001"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "optimizer.pt").write_text("half")
    clear_leftovers(tmp_path)
    assert names(tmp_path) == ["step-00000001-a001"]


def test_passed_over_ones_are_set_aside(tmp_path):
    used, torn = publish(tmp_path, 1), publish(tmp_path, 2)
    set_aside_newer(tmp_path, used)
    assert names(tmp_path) == ["step-00000001-a001", "torn"] and (tmp_path / "torn" / torn.name).is_dir()
    assert complete_at(tmp_path, 2) is None
