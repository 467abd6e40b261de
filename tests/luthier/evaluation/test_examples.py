"""The choice of examples follows its rule."""

import pytest
from evaluation_run import row

from luthier.evaluation.examples import choose_examples


def arms(gains: list[float]) -> dict:
    def predictions(name, scores):
        return [{"output": f"{name} {i}", "scores": {"chrf": score}} for i, score in enumerate(scores)]

    return {"base": predictions("base", [0.0] * len(gains)), "tuned": predictions("tuned", gains)}


def test_best_random_worst():
    gains = [number / 100 for number in range(40)]
    examples, rule = choose_examples([row("test", n) for n in range(40)], arms(gains), "chrf", seed=1)
    chosen = {why: [e["id"] for e in examples if e["chosen"] == why] for why in ("best", "random", "worst")}
    assert chosen["best"] == ["test-39", "test-38", "test-37", "test-36"]
    assert chosen["worst"] == ["test-3", "test-2", "test-1", "test-0"]
    assert len(chosen["random"]) == 4
    assert not {*chosen["random"]} & {*chosen["best"], *chosen["worst"]}
    assert "chrf" in rule
    assert examples == choose_examples([row("test", n) for n in range(40)], arms(gains), "chrf", seed=1)[0]


@pytest.mark.parametrize("count", [1, 3, 5, 9, 10, 12])
def test_few_rows_are_all_shown_once(count):
    examples, _ = choose_examples([row("test", n) for n in range(count)], arms([0.1] * count), "chrf", seed=1)
    assert sorted(e["id"] for e in examples) == sorted(f"test-{n}" for n in range(count))
    assert [e["chosen"] for e in examples].count("best") == min(4, count)


def test_an_example_shows_all_sides():
    example = choose_examples([row("test", 0)], arms([0.4]), "chrf", seed=1)[0][0]
    assert (example["base"], example["tuned"], example["few_shot"]) == ("base 0", "tuned 0", None)
    assert example["prompt"] == row("test", 0)["messages"][:-1]
    assert example["scores"] == {"base": 0.0, "tuned": 0.4}
