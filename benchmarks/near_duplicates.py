"""What inspection finds of planted near-duplicates, and what it costs.

python -m benchmarks.near_duplicates [ROWS …]      10000 100000, say

Rows are chats of 60 words in two and in four messages, of words as frequent as in natural language (Zipf's law). Every
tenth row repeats an earlier one with some words changed. Truth is the Jaccard index counted on Python's own sets.
"""

import json
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from luthier.data.inspection.boilerplate import BOILERPLATE
from luthier.data.inspection.duplicates import Duplicates, inspect
from luthier.data.inspection.near import RELATED, SAME
from luthier.data.inspection.shingles import SHINGLE
from luthier.data.inspection.text import exact_key, loose_of_exact, turns_of

WORDS = 60
VOCABULARY = 4000
PLANTED = 10
"""Every so many rows one repeats the row before it."""

LEVELS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.01)


def write_chats(path: Path, rows: int, messages: int) -> None:
    random_ = random.Random(7)
    words = vocabulary(random_)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    before: list[list[str]] = []
    with path.open("w") as file:
        for row in range(rows):
            if row % PLANTED == 1:
                rate = random_.choice((0.01, 0.03, 0.05, 0.08, 0.12, 0.2))
                said = [[w if random_.random() > rate else random_.choice(words) for w in each] for each in before]
            else:
                said = [random_.choices(words, weights, k=WORDS // messages) for _ in range(messages)]
            roles = ("user", "assistant") * messages
            chat = [{"role": role, "content": " ".join(each)} for role, each in zip(roles, said, strict=False)]
            print(json.dumps(chat), file=file)
            before = said


def vocabulary(random_: random.Random) -> list[str]:
    syllables = [first + vowel for first in "bcdfghklmnprstvw" for vowel in "aeiou"] + ["an", "er", "in", "on", "st"]
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found["".join(random_.choices(syllables, k=random_.choice((1, 2, 2, 3, 3, 4))))] = None
    return sorted(found, key=len)


def read_chats(path: Path) -> Iterator[list[tuple[str, str]]]:
    with path.open() as file:
        for line in file:
            yield turns_of(json.loads(line))


def measured(path: Path, folder: str) -> tuple[Duplicates, float, float]:
    """What was found, CPU seconds, and peak MB above those before; in a process of its own."""
    import scipy.sparse.csgraph  # noqa: F401

    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = inspect(read_chats(path), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return found, time.process_time() - start, peak / 1024


def recall(path: Path, found: Duplicates) -> dict[float, tuple[int, int, int]]:
    """By level of likeness: planted pairs of prompts, those found related, those found the same."""
    every = [prompts_of(turns) for turns in read_chats(path)]
    distinct = {prompt for asked in every for prompt in asked}
    spread = Counter(piece for prompt in distinct for piece in pieces(prompt))
    limit = BOILERPLATE * len(distinct)
    prompts = [asked[-1] for asked in every]
    counts: dict[float, list[int]] = defaultdict(lambda: [0, 0, 0])
    same, related = found.prompts.same[found.last], found.prompts.related[found.last]
    for row in range(1, len(prompts), PLANTED):
        one, other = ({p for p in pieces(prompts[each]) if spread[p] <= limit} for each in (row - 1, row))
        level = max((low for low, _ in pairwise(LEVELS) if len(one & other) / len(one | other) >= low), default=0.0)
        counts[level][0] += 1
        counts[level][1] += related[row - 1] == related[row]
        counts[level][2] += same[row - 1] == same[row]
    return {level: (each[0], each[1], each[2]) for level, each in sorted(counts.items())}


def prompts_of(turns: list[tuple[str, str]]) -> list[str]:
    """All that was said before each answer; these chats are shorter than what inspection compares."""
    found, said = [], ""
    for since, answer in turns:
        said = f"{said}\n{since}"
        found.append(loose_of_exact(exact_key(said)))
        said = f"{said}\n{answer}"
    return found


def pieces(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[at : at + SHINGLE] for at in range(max(1, len(padded) - SHINGLE + 1))}


def main(sizes: list[int]) -> None:
    for rows in sizes:
        for messages in (2, 4):
            with TemporaryDirectory() as folder:
                path = Path(folder, "chats.jsonl")
                write_chats(path, rows, messages)
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    found, seconds, peak = pool.submit(measured, path, folder).result()
                print(f"\n{rows:,} chats of {messages} messages: {seconds:.1f} s CPU, {peak:.0f} MB")
                print(f"Jaccard  pairs  related (≥ {RELATED})  same (≥ {SAME})")
                for level, (pairs, related, same) in recall(path, found).items():
                    print(f"≥ {level:.2f}  {pairs:>6}  {related / pairs:>15.4f}  {same / pairs:>12.4f}")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000])
