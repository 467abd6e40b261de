"""What is told of the whole set, and the advice that follows from it."""

import json

import pytest
from planted_rows import Writer

from luthier.data.inspection.advice import TEXTS, advise
from luthier.data.inspection.duplicates import inspect
from luthier.data.inspection.flaws import FLAWS, flaws
from luthier.data.inspection.labels import balance
from luthier.data.inspection.languages import LanguageSample, language_of
from luthier.data.inspection.lengths import lengths
from luthier.data.inspection.quality import Part
from luthier.data.inspection.recency import DAY, recency
from luthier.data.inspection.recurring import RecurringSentences
from luthier.data.inspection.survey import Survey, survey
from luthier.data.inspection.text import turns_of

NOW = 1_800_000_000.0
SECRET = "wombat"


def chat(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def surveyed(rows: list[list[dict[str, str]]], **more) -> Survey:
    found = inspect(map(turns_of, rows))
    return survey(lambda: rows, found, NOW, flaws=list(map(flaws, rows)), **more)


def chats(count: int, end: str = ".") -> list[list[dict[str, str]]]:
    writer = Writer(2)
    return [chat(f"{writer.text(12)} {SECRET}", f"{writer.text(24)}{end}") for _ in range(count)]


def texts(told: Survey) -> str:
    return "\n".join(each.text for each in advise(told))


def test_labels_are_weighed():
    found = balance({"good": 75, "bad": 20, "odd": 5})
    assert found.counts == {"good": 75, "bad": 20, "odd": 5}
    assert found.shares == {"good": 0.75, "bad": 0.2, "odd": 0.05}
    assert found.ratio == 15 and found.rare == ["odd"]
    assert 0.6 < found.evenness < 0.7
    assert balance({"a": 10, "b": 10}).evenness == 1 and balance({"a": 10}).evenness == 0


def test_recency():
    assert recency([None, None], NOW) is None
    found = recency([None, NOW - DAY, NOW - 200 * DAY, NOW - 400 * DAY, NOW + DAY], NOW)
    assert found == (4, NOW + DAY, NOW - 400 * DAY, 0.5)


def test_lengths():
    assert lengths([]) is None
    assert lengths([0, 19, 20, 60, 300]) == (20, 60, 300, [0, 20, 50, 100, 200], [2, 1, 1, 0, 1])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The parcel is on its way and arrives tomorrow morning.", "en"),
        ("Das Paket ist unterwegs und kommt morgen früh bei Ihnen an.", "de"),
        ("Le colis est en route et arrivera demain matin chez vous.", "fr"),
        ("Посылка уже в пути и прибудет завтра утром.", "ru"),
        ("包裹已经在路上，明天到。", "zh"),
        ("Yes, 12345 67890 24 7", "unknown"),
    ],
)
def test_languages(text, language):
    assert language_of(text) == language


def test_languages_are_sampled_evenly():
    sample = LanguageSample(10_001)
    for row in range(10_001):
        sample.add(row, "", "yes" if row % 2 else "no")
    assert sample.found() == (5000, {"unknown": 5000})


def test_a_short_answer_has_the_language_of_its_question():
    sample = LanguageSample(1)
    sample.add(0, "Das Paket ist unterwegs und kommt morgen früh bei Ihnen an?", "Ja")
    assert sample.found().rows == {"de": 1}


def test_sentences_at_the_same_end_of_many_answers_recur():
    recurring = RecurringSentences()
    rows = chats(200)
    for row, messages in enumerate(rows):
        answer = messages[-1]["content"]
        recurring.add(f"{answer} We wish you a lovely day!" if row < 15 else f"{answer} Only {row} of it." if row < 50
                      else f"Dear customer of ours. {answer}" if row < 65 else answer)  # fmt: skip
    assert recurring.found() == (2, [*range(15), *range(50, 65)])


TASKS = [
    ("classification", [chat(f"{word} {row}", "good") for row, word in enumerate(["x"] * 40)], ""),
    ("code", [chat(f"Sort {row}", f"```python\nsorted(rows[{row}])\n```") for row in range(40)], ""),
    ("question_answering", [chat(f"Who is {row}?", f"A man of {row} years.") for row in range(40)], ""),
    ("generation", [chat(f"Write about {row}", f"Once {row} " + "upon a time " * 50) for row in range(40)], ""),
    ("domain_adaptation", [[{"role": "assistant", "content": f"Text {row} of it."}] for row in range(40)], "text"),
]


@pytest.mark.parametrize(("task", "rows", "layout"), TASKS)
def test_the_task_is_guessed(task, rows, layout):
    told = surveyed(rows, layout=layout)
    assert told.task == task and told.task_guessed
    assert told.quality.parts["coverage"].value < told.quality.parts["coverage"].target
    assert "too few to learn from" in texts(told)
    assert surveyed(rows, task="code").task == "code"


def test_a_good_set():
    told = surveyed(chats(400), times=[NOW - DAY] * 400)
    assert told.flawed == {} and told.triggers == [] and told.labels is None
    assert told.quality.score > 90
    assert {name: part.value for name, part in told.quality.parts.items() if name != "coverage"} == {
        "accuracy": 1, "consistency": 1, "recency": 1, "diversity": 1,
    }  # fmt: skip


def test_what_cannot_be_measured_has_no_value_and_no_weight():
    told = surveyed(chats(400))
    part = told.quality.parts["recency"]
    assert part == Part(None, 0.5, "No row has a time.")
    assert told.quality.score > 90


def test_worse_data_has_a_lower_score():
    rows = chats(400)
    good = surveyed(rows).quality
    refusing = [chat(each[0]["content"], "I cannot help with that.") if row % 4 == 0 else each
                for row, each in enumerate(rows)]  # fmt: skip
    worse = surveyed(refusing).quality
    assert worse.parts["accuracy"].value == 0.75 and worse.score < good.score
    unreadable = surveyed(rows, faulty=100).quality
    assert unreadable.parts["accuracy"].value == 0.8
    contradicting = [chat(rows[row - row % 2][0]["content"], each[1]["content"]) for row, each in enumerate(rows)]
    told = surveyed(contradicting)
    assert told.quality.parts["consistency"].value == 0 and told.flawed["conflict"] == list(range(400))
    assert told.quality.parts["diversity"].value == 0.75
    old = surveyed(rows, times=[NOW - 365 * DAY] * 400)
    assert old.quality.parts["recency"].value == 0 and "older than six months" in texts(old)


def test_advice_names_rows_as_people_know_them():
    rows = chats(200)
    for row in (12, 40, 77, 90):
        rows[row] = chat("What is the answer to it all?", f"{rows[row][1]['content']}")
    told = surveyed(rows)
    expected = "rows f:13, f:41, f:78 … (4 in all) answer the same question differently: keep one"
    (found,) = [each for each in advise(told, lambda row: f"f:{row + 1}") if "differently" in each.text]
    assert found.text.startswith(expected) and found.rows == [12, 40, 77, 90] and found.level == "yellow"


def test_what_many_rows_suffer_from_is_urgent():
    rows = chats(200)
    rows[:20] = [chat(each[0]["content"], f"I cannot help with that {row}.") for row, each in enumerate(rows[:20])]
    rows[20:60] = [chat(each[0]["content"], f"Sure! {each[1]['content']}") for each in rows[20:60]]
    levels = {next(name for name, text in TEXTS.items() if text in each.text): each.level
              for each in advise(surveyed(rows)) if each.rows}  # fmt: skip
    assert levels == {"refusal": "red", "boilerplate": "yellow"}


def test_answers_without_an_end_are_cut_off_only_where_the_others_have_one():
    rows = chats(200)
    rows[7] = chat("And then?", rows[7][1]["content"].rstrip("."))
    assert surveyed(rows).flawed["truncated"] == [7]
    told = surveyed(chats(200, end=""))
    assert "truncated" not in told.flawed or len(told.flawed["truncated"]) < 20


def test_labels_are_advised_on():
    rows = [chat(f"{writer} text {row}", "no" if row % 40 else "yes") for row, writer in enumerate(["a"] * 200)]
    told = surveyed(rows)
    assert told.labels.counts == {"no": 195, "yes": 5}
    assert "yes: fewer than ten rows each" in texts(told) and "data.balance: up" in texts(told)
    assert "small model with LoRA" in texts(told)


def test_facts_that_change_are_better_looked_up():
    writer = Writer(4)
    rows = [chat(f"What does {writer.text(6)} cost?", f"{writer.text(8)} costs {row}.50 euros.") for row in range(300)]
    told = surveyed(rows)
    assert told.changing == 1 and "(RAG)" in texts(told)
    assert "(RAG)" not in texts(surveyed(chats(300)))


def test_enough_good_rows_are_for_fine_tuning():
    told = surveyed(chats(200))
    told.rows = 60_000
    assert "enough to fine-tune" in texts(told)
    told.rows = 6_000
    assert "enough to try" in texts(told)
    told.rows = 2_000
    assert "A prompt with examples may do as well" in texts(told)


def test_no_text_of_any_row_is_told():
    rows = chats(300)
    rows[5] = chat("Who?", f"{SECRET}\u200b {SECRET} I cannot help with that.")
    for row in range(40, 60):
        rows[row] = chat(f"{rows[row][0]['content']} zzqx", f"{SECRET} pays all of it.")
    told = surveyed(rows, times=[NOW] * 300)
    every = json.dumps([vars(told), advise(told)])
    assert SECRET not in every and "zzqx" not in every


def test_each_flaw_has_its_advice():
    assert set(TEXTS) == {*FLAWS, "conflict"}
