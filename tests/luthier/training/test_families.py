"""Each family's own architecture and chat template, from its data to an adapter that plain PEFT loads."""

import json
import multiprocessing
import os
import random
import signal
import time
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import train_driver
from families import CONTEXT, FAMILIES, build, tokenizer_of
from peft import PeftModel
from train_driver import attempt
from training_runs import WORDS, spec
from transformers import AutoModelForCausalLM

from luthier.data.prepare import prepare
from luthier.evaluation.loaded import load
from luthier.evaluation.perplexity import reference
from luthier.models.base import load_tokenizer
from luthier.models.chat import IGNORED, encode, prompt_ids
from luthier.models.token_file import open_tokens
from luthier.rows import Rows
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_json, read_jsonl, sha256_file

FORKS = multiprocessing.get_context("forkserver")


class Trained(NamedTuple):
    name: str
    base: Path
    run: RunFolder
    result: dict


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parent)]))
        FORKS.set_forkserver_preload(["train_driver"])
        yield


def conversation(number: int) -> dict:
    """One exchange or two; every third begins with a system prompt, every fifth calls a tool."""
    dice = random.Random(number)
    say = lambda: " ".join(dice.choice(WORDS) for _ in range(dice.randint(2, 5)))  # noqa: E731
    turns = [("user", f"What goes with {say()} {number}?"), ("assistant", f"{say()}, the {number}th")]
    if number % 2:
        turns += [("user", f"And with {say()}?"), ("assistant", say())]
    if number % 3 == 0:
        turns.insert(0, ("system", "Answer in colours."))
    if number % 5 == 0:
        call = '<tool_call>\n{"name": "mix", "arguments": {}}\n</tool_call>'
        turns[-1:-1] = [("assistant", call), ("tool", say())]
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


@pytest.fixture(scope="module", params=FAMILIES)
def trained(request, tmp_path_factory) -> Trained:
    """Its data prepared, and trained without a disturbance."""
    folder = tmp_path_factory.mktemp(request.param)
    base, run = build(request.param, folder / "base"), RunFolder(folder / "run")
    (folder / "data.jsonl").write_text("".join(json.dumps(conversation(number)) + "\n" for number in range(48)))
    asked = spec(packing=None, micro_batch_tokens=256, max_steps=7, checkpoint_every=2)
    asked.data.path = folder / "data.jsonl"
    list(prepare(asked, run, load_tokenizer(base), CONTEXT, folder))
    save_spec(asked, run.spec)
    return Trained(request.param, base, run, attempt(run, base, 1))


def test_every_answer_is_learned_with_its_end_of_turn(trained):
    """Qwen 3 writes earlier answers otherwise, so that of its conversations the last is learned."""
    tokenizer, ends = load_tokenizer(trained.base), FAMILIES[trained.name].ends
    tokens = {example["id"]: example for example in open_tokens(trained.run.tokens("train"))}
    for row in Rows(trained.run.split("train")):
        answers = [message["content"] + ends for message in row["messages"] if message["role"] == "assistant"]
        wanted = answers[-1:] if trained.name == "qwen3" else answers
        assert learned(tokenizer, tokens[row["id"]]["labels"]) == wanted
    told = {warning["code"] for warning in read_json(trained.run.validation)["warnings"]}
    assert ("system_prompt" in told) == (trained.name in ("mistral", "gemma2"))
    assert ("last_answer_only" in told) == (trained.name == "qwen3")


def learned(tokenizer, labels: list[int]) -> list[str]:
    """Each stretch of learned tokens as text."""
    stretches = [list(part) for kept, part in groupby(labels, lambda label: label != IGNORED) if kept]
    return [tokenizer.decode(part).strip() for part in stretches]


def test_what_is_asked_is_what_was_learned_from(trained):
    """A prompt is how the conversation begins in training, with the system prompt and one bos token at most."""
    tokenizer = load_tokenizer(trained.base)
    for row in Rows(trained.run.split("test")):
        example = encode(tokenizer, row["messages"], CONTEXT, last_only=True)
        prompt = prompt_ids(tokenizer, row["messages"], CONTEXT)
        assert example.input_ids[: len(prompt)] == prompt
        assert example.labels[len(prompt) :] == example.input_ids[len(prompt) :]
        assert set(example.labels[: len(prompt)]) == {IGNORED}
        assert prompt.count(tokenizer.bos_token_id) <= 1 or tokenizer.bos_token == "<|im_start|>"
        text = tokenizer.decode(prompt)
        assert all(message["content"] in text for message in row["messages"][:-1] if message["role"] != "assistant")


def test_killed_and_resumed_it_comes_to_the_same_adapter(trained, tmp_path):
    run, goal = RunFolder(tmp_path / "run"), random.Random(trained.name).randint(3, 5)
    run.root.mkdir()
    run.data.symlink_to(trained.run.data)
    asked = load_spec(trained.run.spec)
    assert asked.training.packing == FAMILIES[trained.name].packed
    save_spec(asked, run.spec)
    process = FORKS.Process(target=train_driver.main, args=(run.root, trained.base, 1))
    process.start()
    while process.is_alive() and goal not in steps(run, 1):
        time.sleep(0.0005)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, "it ended before it could be killed"
    result = attempt(run, trained.base, 2)
    assert result["resumed_from"] and steps(run, 2)[0] == result["resumed_from"] + 1
    weights = sha256_file(run.adapter / "adapter_model.safetensors")
    assert weights == result["adapter_sha256"] == trained.result["adapter_sha256"]


@pytest.mark.parametrize("name", ["qwen3", "smollm3"])
def test_who_answers_without_reasoning_is_asked_without(name):
    """Or the base would think aloud where the tuned model answers, and the answer would begin with an empty thought."""
    tokenizer = tokenizer_of(FAMILIES[name])
    question = {"role": "user", "content": "Why?"}
    for answer, asked_for in (("Because.", "<think>\n\n</think>\n\n"), ("<think>\nWell.\n</think>\n\nBecause.", "")):
        messages = [question, {"role": "assistant", "content": answer}]
        assert tokenizer.decode(prompt_ids(tokenizer, messages, 500)).endswith(f"<|im_start|>assistant\n{asked_for}")
        assert learned(tokenizer, encode(tokenizer, messages, 500).labels) == [answer + "<|im_end|>"]


def steps(run: RunFolder, number: int) -> list[int]:
    return [event["step"] for event in read_jsonl(run.attempt(number).events) if "train_loss" in event]


@torch.inference_mode()
def test_evaluation_is_that_of_plain_peft(trained):
    """Batched, the head on the answers only: the likelihoods and answers that the libraries give one by one."""
    asked = load_spec(trained.run.spec)
    asked.evaluation.max_new_tokens = 12
    loaded = load(asked, trained.base, trained.run.adapter)
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(trained.base), trained.run.adapter).eval()
    rows = list(Rows(trained.run.split("test")))
    references = [reference(loaded.tokenizer, row["messages"], loaded.context) for row in rows]
    everything = {*range(len(rows))}
    scores = dict(loaded.engine.score(references, everything))
    for number, ref in enumerate(references):
        ids = torch.tensor([ref.ids])
        logits = plain(input_ids=ids).logits
        torch.testing.assert_close(loaded.engine.model(input_ids=ids).logits, logits)
        likelihoods = logits[0, ref.start - 1 : -1].double().log_softmax(-1)
        nll = -likelihoods.gather(1, ids[0, ref.start :, None]).sum().item()
        assert scores[number].nll == pytest.approx(nll, rel=1e-5) and scores[number].tokens == ref.scored
    prompts = [prompt_ids(loaded.tokenizer, row["messages"], loaded.room) for row in rows]
    for number, answer in loaded.engine.answer(prompts, everything):
        assert answer == alone(plain, prompts[number], loaded.engine.stops)
    with loaded.engine.without_adapter():
        assert dict(loaded.engine.score(references, everything)) != scores, "the adapter changes nothing"


def alone(model, prompt: list[int], stops: list[int]) -> list[int]:
    """transformers' own greedy search."""
    ids = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=12, eos_token_id=stops, pad_token_id=0)
    answer = ids[0, len(prompt) :].tolist()
    return answer[:-1] if answer[-1] in stops else answer
