from pathlib import Path

import orjson
import pytest

from luthier.compute.told import rebuild, tell
from luthier.errors import DataError, HomeError, LuthierError, OutOfMemory, Problems

LOG = Path("attempts/1/log.txt")


@pytest.mark.parametrize(
    "sent",
    [
        OutOfMemory("no memory", "8 at once", "lower it", "training.micro_batch_tokens"),
        HomeError("full"),
        Problems("2 rows cannot be used", [DataError("empty", where="a.jsonl:1"), DataError("too long")], "Mend them."),
    ],
)
def test_an_error_arrives_as_it_was(sent):
    got = rebuild(orjson.loads(orjson.dumps(tell(sent))), LOG)
    assert type(got) is type(sent) and str(got) == str(sent) and not got.retryable


def test_a_bug_in_a_worker_names_its_log():
    got = rebuild(tell(KeyError("x")), LOG)
    assert type(got) is LuthierError and "KeyError" in str(got) and "log.txt" in str(got)
