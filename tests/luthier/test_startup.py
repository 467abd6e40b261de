"""A worker imports what it uses, and its garbage collector works again afterwards."""

import gc
import subprocess
import sys

import pytest

from luthier.startup import quick_imports

TRAINS = """
import sys
from luthier.startup import leave_out_unused
leave_out_unused(sys.argv[1])
import luthier.training.trl_engine
print(*{name.partition(".")[0] for name in sys.modules if sys.modules[name]})
print("torch._inductor.compile_fx" in sys.modules)
"""


def test_training_imports_no_quantisation_and_no_compiler():
    *packages, compiler = imported("full")
    assert {"torch", "trl", "peft"} <= set(packages)
    assert not {"bitsandbytes", "boto3"} & set(packages) and compiler == "False"


def test_only_qlora_imports_what_quantises():
    assert "bitsandbytes" in imported("qlora")


def imported(method: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", TRAINS, method], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_collection_goes_on_even_when_an_import_fails():
    with pytest.raises(ImportError), quick_imports():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
