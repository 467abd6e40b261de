"""Nothing of the user's accounts, servers and settings is seen inside a rehearsal; afterwards all is as it was."""

import os
from pathlib import Path

import pytest

from luthier.rehearsal.isolation import isolated
from luthier.settings import Settings

THEIRS = {
    "LUTHIER_STORAGE": "s3://team/runs",
    "LUTHIER_POD_SECRETS": '{"HF_TOKEN": "hf"}',
    "RUNPOD_API_KEY": "rpa_real",
    "PREFECT_API_URL": "https://prefect.example/api",
    "MLFLOW_TRACKING_URI": "https://mlflow.example",
    "AWS_SECRET_ACCESS_KEY": "real",
    "https_proxy": "http://proxy.example:3128",
}


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A user's shell, in a folder with a luthier.toml."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "luthier.toml").write_text('mlflow_uri = "https://mlflow.example"\npod_image = "team/image:1"\n')
    monkeypatch.chdir(folder)
    for name, value in THEIRS.items():
        monkeypatch.setenv(name, value)
    return folder


def test_settings_and_variables_stay_outside(theirs, tmp_path):
    before = dict(os.environ)
    assert Settings().mlflow_uri and Settings().storage
    with isolated(tmp_path, {"AWS_ACCESS_KEY_ID": "of the rehearsal"}):
        assert not THEIRS.keys() & os.environ.keys()
        assert os.environ["AWS_ACCESS_KEY_ID"] == "of the rehearsal" and os.environ["PATH"] == before["PATH"]
        seen = Settings(home=tmp_path)
        assert seen == Settings.model_construct(**{**Settings.model_construct().model_dump(), "home": tmp_path})
        os.environ["LUTHIER_STORAGE"] = "changed inside"
    assert dict(os.environ) == before
    assert Path.cwd() == theirs


def test_they_are_back_after_a_failure_too(theirs, tmp_path):
    with pytest.raises(KeyboardInterrupt), isolated(tmp_path):
        raise KeyboardInterrupt
    assert os.environ["RUNPOD_API_KEY"] == "rpa_real" and Path.cwd() == theirs
