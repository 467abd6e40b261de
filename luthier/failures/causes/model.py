"""A base model that cannot be used."""

from luthier.failures.cause import Cause
from luthier.failures.changes import full_precision
from luthier.failures.evidence import Evidence


def _model(seen: Evidence, words: str = "") -> bool:
    return seen.type == "ModelError" and seen.says(words)


MODEL = (
    Cause(
        name="chat_template",
        title="The tokenizer has no chat template",
        why="It is a base model, not an instruct one: nothing says where an answer begins and ends.",
        fix="Use the instruct variant of the model.",
        fits=lambda seen: _model(seen, "chat template"),
    ),
    Cause(
        name="tokenizer",
        title="The tokenizer cannot be used",
        why="Its files are missing or broken, or it has no token to pad with.",
        fix="Save the tokenizer beside the weights, or copy the model again.",
        fits=lambda seen: _model(seen, "the tokenizer in"),
    ),
    Cause(
        name="pickled_weights",
        title="The base model's weights are pickled",
        why="Loading a pickle can run any code, so it is not done.",
        fix="Use a copy of the model with safetensors weights.",
        fits=lambda seen: _model(seen, "holds no safetensors"),
    ),
    Cause(
        name="model_changed",
        title="The base model is another one than before",
        why="Its weights changed between two stages; comparing with them would compare strangers.",
        fix="Put the base model back, or start the run anew with `--again`.",
        fits=lambda seen: _model(seen, "not the one the baseline was measured with"),
    ),
    Cause(
        name="model_not_finite",
        title="The base model's output is not a number",
        why="Its weights are damaged, or they overflow in this dtype.",
        fix="Copy or download the model again, or take another one.",
        fits=lambda seen: _model(seen, "no likelihood"),
        change=full_precision,
        proposes="`training.dtype: float32` where it was bfloat16, in a new run",
    ),
    Cause(
        name="model_missing",
        title="The base model is not there",
        why="The name is wrong, the folder is gone, the hub cannot be reached, or its owner asks for consent.",
        fix="Check `model.base`, go online once, or set HF_TOKEN.",
        fits=lambda seen: _model(seen, "there is no base model|is not there|has no revision|is not a model folder"),
    ),
    Cause(
        name="model_broken",
        title="The base model cannot be loaded",
        why="Its files are incomplete, it is no causal language model, or it wants to run code of its own.",
        fix="Copy or download it again; `model.trust_remote_code` only for code that you have read.",
        fits=lambda seen: _model(seen),
    ),
)
