"""deployments/kubernetes against Kubernetes' own schemas. No cluster has seen it."""

import json
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deployments" / "kubernetes"
VERSIONS = ("1.30", kubernetes_validate.latest_version())


def objects() -> list[dict]:
    files = [path for path in sorted(FOLDER.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [each for path in files for each in yaml.safe_load_all(path.read_text())]


def job(**values: object) -> dict:
    """The job that Prefect's worker makes of the base job template; `values` as in a deployment's job_variables."""
    from prefect.utilities.templating import apply_values

    template = json.loads((FOLDER / "base-job-template.json").read_text())
    known = template["variables"]["properties"].items()
    defaults = {name: each["default"] for name, each in known if "default" in each}
    given = {"name": "run", "labels": {"a": "b"}, "annotations": {}, "command": ["prefect"], "env": []}
    values = {name: value for name, value in (defaults | given | values).items() if value is not None}
    return apply_values(template["job_configuration"]["job_manifest"], values, remove_notset=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_one_that_kubernetes_accepts(version):
    kinds = [kubernetes_validate.validate(each, version, strict=True) and each["kind"] for each in objects()]
    assert sorted(kinds) == sorted(
        ["Namespace", "ServiceAccount", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "Secret"]
        + ["Deployment"]
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("gpus", [0, 2])
def test_the_job_of_a_run_is_one_that_kubernetes_accepts(version, gpus):
    made = job(gpus=gpus)
    kubernetes_validate.validate(made, version, strict=True)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": gpus}


def test_what_is_named_is_there():
    """Accounts, secret and volume that jobs and worker name."""
    known = {(each["kind"], each["metadata"]["name"]) for each in objects()}
    worker = next(each for each in objects() if each["kind"] == "Deployment")["spec"]["template"]["spec"]
    run = job()["spec"]["template"]["spec"]
    wanted = {("ServiceAccount", each["serviceAccountName"]) for each in (worker, run)}
    wanted |= {("PersistentVolumeClaim", run["volumes"][0]["persistentVolumeClaim"]["claimName"])}
    wanted |= {("Secret", run["containers"][0]["envFrom"][0]["secretRef"]["name"])}
    assert wanted <= known
    assert worker["containers"][0]["image"] == run["containers"][0]["image"]
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    others = {"kustomization.yaml", "secret.example.yaml"}
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*listed, *others}


def test_a_misspelt_key_is_noticed():
    wrong = job()
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)
