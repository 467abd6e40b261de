from pathlib import Path

import pytest

from luthier.errors import LuthierError
from luthier.settings import Settings


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("home = ", "luthier.toml"),
        ('hom = "x"', "luthier.toml: hom: unknown key. Did you mean home?"),
        ("home = 3", "LUTHIER_HOME"),
        ('home = "~nobody-here/x"', "home"),
    ],
)
def test_a_malformed_file_is_told_in_one_message(tmp_path, monkeypatch, content, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LUTHIER_HOME", raising=False)
    Path("luthier.toml").write_text(content)
    with pytest.raises(LuthierError, match=says) as caught:
        Settings()
    assert caught.value.exit_code == 2


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", "there")
    Path("luthier.toml").write_text('home = "here"\nmlflow_uri = "http://mlflow"\n')
    assert Settings().root == tmp_path / "there" and Settings().tracking_uri == "http://mlflow"
