"""Batteries as Linux shows them in its folders, and heat as macOS's own tools told it on other machines."""

import pytest

from luthier.background import power
from luthier.background.heat import hot, pressed, slowed

PLUG, BATTERY = {"type": "Mains"}, {"type": "Battery", "scope": "System"}
MOUSE = {"type": "Battery", "scope": "Device", "status": "Discharging"}


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ({}, False),
        ({"AC": PLUG | {"online": "1"}, "BAT0": BATTERY | {"status": "Charging"}}, False),
        ({"AC": PLUG | {"online": "0"}, "BAT0": BATTERY | {"status": "Discharging"}}, True),
        ({"ADP1": PLUG | {"online": "0"}, "CMB0": BATTERY | {"status": "Unknown"}}, True),
        ({"AC": PLUG | {"online": "1"}, "BAT0": BATTERY | {"status": "Discharging"}}, False),  # a weak charger
        ({"AC": PLUG | {"online": "0"}, "C1": {"type": "USB", "online": "1"}, "BAT0": BATTERY}, False),
        ({"BAT0": BATTERY | {"status": "Discharging"}, "BAT1": BATTERY | {"status": "Full"}}, True),
        ({"BAT0": BATTERY | {"status": "Full"}}, False),
        ({"C1": {"type": "USB", "online": "0"}, "hid-mouse": MOUSE}, False),
    ],
)
def test_on_battery(supplies, expected, tmp_path, monkeypatch):
    for name, files in supplies.items():
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_text(f"{content}\n")
    monkeypatch.setattr(power, "SUPPLIES", tmp_path)
    monkeypatch.setattr("sys.platform", "linux")
    assert power.on_battery() is expected


NOTHING = """Note: No thermal warning level has been recorded
Note: No performance warning level has been recorded
"""
COOL = f"{NOTHING}2020-01-07 09:12:11 -0800 CPU Power notify\n\tCPU_Scheduler_Limit \t= 100\n"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (f"{NOTHING}Note: No CPU power status has been recorded\n", False),
        (f"{COOL}\tCPU_Speed_Limit \t= 100\n", False),
        (f"{COOL}\tCPU_Speed_Limit \t= 72\n", True),
        ("", False),
    ],
)
def test_slowed_down(told, expected):
    assert slowed(told) is expected


@pytest.mark.parametrize(("level", "expected"), [(0, False), (1, False), (2, True), (4, True)])
def test_under_pressure(level, expected):
    assert pressed(f"com.apple.system.thermalpressurelevel {level}\n") is expected
    assert not pressed("") and not pressed("notifyutil: not found\n")


def test_tools_that_are_not_there_tell_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not hot()
