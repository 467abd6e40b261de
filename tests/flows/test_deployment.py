"""prefect.yaml as people see it: the form. Its runs: test_submit.py, test_nightly.py, test_cron.py, test_pools.py."""

import httpx
import pytest
from chain import Home

from flows.up import deployments

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_form_shows_every_section_with_descriptions(tmp_path, prefect_api, in_prefect):
    in_prefect(Home(tmp_path / "home", PREFECT_API_URL=prefect_api))
    deployments.deploy()
    found = httpx.get(f"{prefect_api}/deployments/name/finetune/finetune").raise_for_status().json()
    definitions = found["parameter_openapi_schema"]["definitions"]
    assert {"RunSpec", "DataSpec", "TrainingSpec", "EvaluationSpec"} <= set(definitions)
    assert definitions["TrainingSpec"]["properties"]["preset"]["description"]
