"""Prompts that grow with each answer: as by definition, but in linear time."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from planted_rows import Writer

from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.leakage import seen_in_train
from luthier.data.inspection.shingles import digest
from luthier.data.inspection.text import REMEMBERED, Prompt, exact_key, loose_of_exact, turns_of

TEXT = st.text(st.sampled_from("aBß?.語é\u0301ﬁ \n\ud800"), max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), TEXT), max_size=9))
def test_prompts_are_all_that_was_said_before(told):
    said = [text for role, text in told if role != "system"]
    answers = [place for place, role in enumerate(role for role, _ in told if role != "system") if role == "assistant"]
    turns = turns_of([{"role": role, "content": text} for role, text in told])
    assert [answer for _, answer in turns] == [said[place] for place in answers]
    prompt = Prompt()
    for (since, answer), place in zip(turns, answers, strict=True):
        prompt.add(since)
        exact = exact_key("\n".join(said[:place]))
        assert (prompt.exact.end, prompt.exact.digest) == (exact, digest(exact))
        assert (prompt.loose.end, prompt.loose.digest) == (loose_of_exact(exact), digest(loose_of_exact(exact)))
        prompt.add(answer)


def long(turns: int, first: str = "") -> list[tuple[str, str]]:
    writer = Writer(3)
    said = [first or writer.text(16), *(writer.text(16) for _ in range(turns - 1))]
    roles = ("user", "assistant") * turns
    return turns_of([{"role": role, "content": text} for role, text in zip(roles, said, strict=False)])


def test_prompts_that_differ_early_are_near_but_not_equal():
    rows = [long(200, "How are you?"), long(200, "Who is there?"), long(200, "how are  YOU?")]
    assert sum(len(text) for turn in rows[0] for text in turn) > 2 * REMEMBERED
    found = inspect(rows)
    assert found.exact.tolist() == [-1, -1, 0] and found.near.tolist() == [-1, 0, 0]
    last = found.prompts.equal[found.last]
    assert last[0] == last[2] != last[1]
    labels = found._replace(labels={"yes": 1})
    assert seen_in_train(labels, [0], [1]).equal == 0 and seen_in_train(labels, [0], [2]).equal == 1


def test_work_grows_as_the_number_of_turns():
    inspect([long(2)])

    def seconds(turns: int) -> float:
        row = long(turns)
        start = time.process_time()
        inspect([row])
        return time.process_time() - start

    assert seconds(4000) < 10 * seconds(800), "five times as many; squared, 25 times"
