"""What was trained as a ZIP: weights, configuration, how to use them, and the proof."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

from luthier.models.weights import ADAPTER, MODEL
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import atomic_path, read_json

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""One time for every entry, so that the same files give the same bytes."""

README = """# {name}

{what}, made by Luthier, run `{run_id}`.

Verdict: **{label}**. {reason}

| | base | tuned |
|---|---|---|
{rows}

All numbers, intervals, lineage and limits: `report.json`.

## Use it

```python
{use}
```

Base model: {description}
SHA-256 of the base: `{base_sha256}`
SHA-256 of `adapter/{weights}`: `{adapter_sha256}`
"""

ON_ITS_BASE = """from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = "{base}"  # hub id or folder of the very base model that the adapter was trained on
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), "adapter")
tokenizer = AutoTokenizer.from_pretrained(base)"""

ALONE = """from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("adapter", dtype="auto")  # the whole model
tokenizer = AutoTokenizer.from_pretrained("adapter")"""


def write_package(run: RunFolder, spec: RunSpec) -> Path:
    """Write package.zip from adapter/ and report/report.json; the same files give the same bytes."""
    report = read_json(run.report / "report.json")
    files = [(f"adapter/{path.name}", path) for path in sorted(run.adapter.iterdir()) if path.is_file()]
    with atomic_path(run.package) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, path in [*files, ("report.json", run.report / "report.json")]:
            with path.open("rb") as source, archive.open(_entry(name), "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
        archive.writestr(_entry("README.md"), readme(spec, report))
    return run.package


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def readme(spec: RunSpec, report: dict[str, Any]) -> str:
    levels = {
        name: (report["baseline"]["metrics"].get(name), value) for name, value in report["tuned"]["metrics"].items()
    }
    levels["perplexity"] = (report["baseline"]["perplexity"], report["tuned"]["perplexity"])
    lineage = report["lineage"]
    base, whole = lineage["base_model"], report["training"]["method"] == "full"
    return README.format(
        name=" ".join(spec.name.split()),
        what=f"`{base}`, tuned in full" if whole else f"A LoRA adapter for `{base}`",
        use=ALONE if whole else ON_ITS_BASE.format(base=base),
        weights=(MODEL if whole else ADAPTER).weights,
        run_id=report["run_id"],
        label=report["verdict"]["label"].replace("_", " "),
        reason=report["verdict"]["reason"],
        rows="\n".join(f"| {name} | {_level(before)} | {_level(after)} |" for name, (before, after) in levels.items()),
        description=lineage.get("base_description") or lineage["base_model"],
        base_sha256=lineage["base_sha256"],
        adapter_sha256=report["adapter_sha256"],
    )


def _level(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
