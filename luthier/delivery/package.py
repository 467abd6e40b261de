"""The adapter as a ZIP: weights, configuration, how to use them, and the proof."""

import zipfile
from pathlib import Path
from typing import Any

from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import atomic_path, read_json

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""One time for every entry, so that the same files give the same bytes."""

README = """# {name}

A LoRA adapter for `{base}`, made by Luthier, run `{run_id}`.

Verdict: **{label}**. {reason}

| | base | tuned |
|---|---|---|
{rows}

All numbers, intervals, lineage and limits: `report.json`.

## Use it

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = "{base}"  # hub id or folder of the very base model that the adapter was trained on
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), "adapter")
tokenizer = AutoTokenizer.from_pretrained(base)
```

Base model: {description}
SHA-256 of the base: `{base_sha256}`
SHA-256 of `adapter/adapter_model.safetensors`: `{adapter_sha256}`
"""


def write_package(run: RunFolder, spec: RunSpec) -> Path:
    """Write package.zip from adapter/ and report/report.json; the same files give the same bytes."""
    report = read_json(run.report / "report.json")
    entries = {f"adapter/{path.name}": path.read_bytes() for path in sorted(run.adapter.iterdir()) if path.is_file()}
    entries["README.md"] = readme(spec, report).encode()
    entries["report.json"] = (run.report / "report.json").read_bytes()
    with atomic_path(run.package) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return run.package


def readme(spec: RunSpec, report: dict[str, Any]) -> str:
    levels = {
        name: (report["baseline"]["metrics"].get(name), value) for name, value in report["tuned"]["metrics"].items()
    }
    levels["perplexity"] = (report["baseline"]["perplexity"], report["tuned"]["perplexity"])
    lineage = report["lineage"]
    return README.format(
        name=" ".join(spec.name.split()),
        base=lineage["base_model"],
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
