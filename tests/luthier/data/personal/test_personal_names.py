"""Names need Presidio and a model; without them a policy that names them is refused before anything is read."""

import importlib.util
import sys

import pytest

from luthier.data.personal.policy import policy_of
from luthier.data.personal.protect import protect
from luthier.errors import DataError

HERE = importlib.util.find_spec("presidio_analyzer") is not None


@pytest.mark.skipif(HERE, reason="Presidio is installed")
@pytest.mark.parametrize(("kinds", "told"), [(["name"], "Names"), (["name", "place"], "Names and places")])
def test_presidio_is_missing(kinds, told):
    with pytest.raises(
        DataError, match=rf"data.personal: {told} cannot be looked for.*luthier\[presidio\].*spaCy model"
    ):
        policy_of(dict.fromkeys(kinds, "mask"))


def test_all_does_not_mean_names():
    assert policy_of({"all": "mask"}).names is None
    assert "presidio_analyzer" not in sys.modules


@pytest.mark.drill
@pytest.mark.skipif(not HERE, reason="needs the extra presidio")
def test_names_are_masked_like_other_values():
    from luthier.data.personal.names import installed_model

    if not installed_model():
        with pytest.raises(DataError, match="none is downloaded"):
            policy_of({"name": "mask"})
        return
    row = [{"role": "user", "content": "Ada Lovelace met Charles Babbage. Ada Lovelace wrote."}]
    masked = protect(row, {}, policy_of({"name": "mask"})).messages[0]["content"]
    assert masked.count("[NAME_1]") == 2
