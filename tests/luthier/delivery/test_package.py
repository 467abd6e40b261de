import zipfile

import pytest
from report_run import make_facts, make_run, make_spec

from luthier.delivery.package import write_package
from luthier.reporting import build


@pytest.fixture
def run(tmp_path):
    made = make_run(tmp_path)
    build(made, make_spec(), make_facts())
    return made


def test_package_holds_adapter_report_and_how_to_use_them(run):
    with zipfile.ZipFile(write_package(run, make_spec())) as archive:
        assert archive.testzip() is None
        assert (
            archive.read("adapter/adapter_model.safetensors")
            == (run.adapter / "adapter_model.safetensors").read_bytes()
        )
        assert archive.read("report.json") == (run.report / "report.json").read_bytes()
        readme = archive.read("README.md").decode()
    assert "Verdict: **improved**" in readme and "PeftModel.from_pretrained" in readme
    assert "| perplexity | 7.680 | 3.600 |" in readme and "d" * 64 in readme


def test_the_same_files_give_the_same_bytes(run):
    first = write_package(run, make_spec()).read_bytes()
    (run.adapter / "adapter_config.json").touch()
    assert write_package(run, make_spec()).read_bytes() == first


def test_a_name_with_line_breaks_stays_on_its_line(run):
    with zipfile.ZipFile(write_package(run, make_spec(name="bot\n# fake {heading}"))) as archive:
        assert archive.read("README.md").decode().startswith("# bot # fake {heading}\n\n")
