"""deployments/compose.yaml by its structure: what it names is there, and is understood. No Docker has seen it."""

import re
from pathlib import Path

import pytest
import yaml

from flows.cli.up import up
from luthier.settings import Settings

FOLDER = Path(__file__).parents[2] / "deployments"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
KEYS = {"image", "command", "entrypoint", "restart", "init", "environment", "configs", "volumes", "ports"}
KEYS |= {"healthcheck", "depends_on"}
VALUE = re.compile(r"\$\{(\w+)(:\?[^}]*)?\}")


def test_services_have_only_keys_that_compose_knows():
    assert set(COMPOSE) == {"name", "x-team", "services", "configs", "volumes"}
    for name, service in SERVICES.items():
        assert set(service) <= KEYS and service["image"].count(":") == 1, name


def test_what_is_named_is_there():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / source).exists()
        assert {each["source"] for each in service.get("configs", [])} <= set(COMPOSE["configs"])
        needed = service.get("depends_on", {})
        assert set(needed) <= set(SERVICES)
        healthy = {
            name for name in needed if isinstance(needed, dict) and needed[name]["condition"] == "service_healthy"
        }
        assert all("healthcheck" in SERVICES[name] for name in healthy)


@pytest.mark.parametrize("name", ["servers", "worker"])
def test_luthier_understands_its_settings_and_its_command(name, monkeypatch, tmp_path):
    service = SERVICES[name]
    for variable, value in service["environment"].items():
        monkeypatch.setenv(variable, VALUE.sub("team:a-long-password", value))
    monkeypatch.chdir(tmp_path)
    assert Settings().sign_in == "team:a-long-password"
    unknown = {key for key in service["environment"] if key.startswith("LUTHIER_")}
    assert unknown <= {f"LUTHIER_{field.upper()}" for field in Settings.model_fields}
    assert service["command"][:2] == ["luthier", "up"]
    parsed = up.make_context("up", service["command"][2:])
    assert parsed.params["host"] in ("0.0.0.0", "127.0.0.1")


def test_every_secret_is_asked_for_and_no_port_is_open_to_others():
    text = (FOLDER / "compose.yaml").read_text()
    asked = {name for name, _ in VALUE.findall(text)}
    example = {line.split("=")[0] for line in (FOLDER / "team.env.example").read_text().splitlines() if "=" in line}
    assert asked == example and all(must for _, must in VALUE.findall(text))
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_the_databases_are_made():
    urls = [value for value in SERVICES["servers"]["environment"].values() if "@postgres/" in str(value)]
    made = set(re.findall(r"CREATE DATABASE (\w+)", COMPOSE["configs"]["databases"]["content"]))
    made.add(SERVICES["postgres"]["environment"]["POSTGRES_DB"])
    assert {url.rpartition("/")[2] for url in urls} == made
