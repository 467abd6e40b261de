"""Of a conversation all answers are learned; of a training pair with its history only its own."""

import json

from luthier.models.chat import IGNORED
from luthier.models.token_file import open_tokens
from luthier.rows import Rows
from luthier.training.dataset import encode_rows


def learned(tokenizer, example) -> str:
    return tokenizer.decode([label for label in example["labels"] if label != IGNORED])


def test_the_history_of_a_pair_is_not_learned_again(work, tokenizer):
    conversations = []
    for number in range(40):
        first, second = f"First answer of talk {number * 37}.", f"Second answer of talk {number * 41}."
        history = [{"role": "user", "content": f"Hello {number * 31}"}, {"role": "assistant", "content": first}]
        conversations.append(
            {
                "id": f"c{number}",
                "training_pairs": [
                    {"history": [], "user_input": f"Hello {number * 31}", "target_response": first},
                    {"history": history, "user_input": f"And {number * 43}?", "target_response": second},
                ],
            }
        )
    run, _ = work(json.dumps({"conversations": conversations}).encode(), "pairs.json")
    seconds = [example for example in open_tokens(run.tokens("train")) if int(example["id"]) % 2 == 0]
    assert seconds and all("Second" in learned(tokenizer, each) for each in seconds)
    assert not [each for each in seconds if "First" in learned(tokenizer, each)]
    rows = list(Rows(run.split("train")))  # the worker tokenises again where the tokens are not there: the same labels
    made_again = {example.id: list(example.encoded.labels) for example in encode_rows(rows, tokenizer, 256)}
    assert {example["id"]: example["labels"] for example in open_tokens(run.tokens("train"))} == made_again


def test_all_answers_of_a_conversation_are_learned(work, lines, tokenizer):
    rows = [
        {"messages": [
            {"role": "user", "content": f"Hello {n * 31}"}, {"role": "assistant", "content": f"First {n * 37}"},
            {"role": "user", "content": f"And {n * 41}?"}, {"role": "assistant", "content": f"Second {n * 43}"},
        ]}
        for n in range(40)
    ]  # fmt: skip
    run, _ = work(lines(rows))
    for example in open_tokens(run.tokens("train")):
        assert "First" in learned(tokenizer, example) and "Second" in learned(tokenizer, example)
