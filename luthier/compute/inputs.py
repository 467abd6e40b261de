"""What a pod needs of a run before it can do a kind of work."""

import json
from pathlib import Path

from luthier.compute.job import Kind
from luthier.compute.orders import Entry, Remote
from luthier.models.base import ALIASES
from luthier.models.weights import ADAPTER, MODEL, form_of
from luthier.run_folder import RunFolder
from luthier.spec import ModelSpec
from luthier.storage import read_json, sha256_json, write_json, write_text

NEEDED = {
    "baseline": ("spec.yaml", "data/train.parquet", "data/validation.parquet", "data/test.parquet",
                 "baseline/partial.jsonl"),
    "train": ("spec.yaml", "asked.yaml", "data/train.parquet", "data/validation.parquet", "data/tokens/*"),
    "evaluate": ("spec.yaml", "data/test.parquet", "baseline/metrics.json", "baseline/predictions.jsonl", "adapter/*",
                 "evaluation/partial.jsonl"),
}  # fmt: skip
"""Files by kind of work, as patterns within the run folder; answers that are finished already go along."""


def inputs(run: RunFolder, kind: Kind) -> list[str]:
    """Those of the needed files that are there."""
    found = (path for pattern in NEEDED[kind] for path in sorted(run.root.glob(pattern)))
    return [str(path.relative_to(run.root)) for path in found]


def base_files(remote: Remote, run: RunFolder, model: ModelSpec) -> list[Entry]:
    """The files of a base model that is a folder here, sent once; empty where the pod finds the model itself."""
    folder = Path(model.base).expanduser()
    if model.base in ALIASES or not folder.is_dir():
        return []
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    seen = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    record = run.root / "pods" / "base.json"
    known = read_json(record) if record.exists() else {}
    if known.get("seen") != seen:
        sent = remote.send(folder, [path.name for path in files], below=f"models/{sha256_json(seen)}")
        known = {"seen": seen, "entries": [entry.model_dump() for entry in sent]}
        write_json(record, known)
    return [Entry.model_validate(entry) for entry in known["entries"]]


def name_base(adapter: Path, model: ModelSpec, models: Path) -> None:
    """Let the adapter's configuration name the base model as it is known here, not where the pod had it.

    A model whose every weight was trained names none.
    """
    if form_of(adapter) == MODEL:
        return
    config = read_json(adapter / ADAPTER.config)
    config["base_model_name_or_path"] = str(models / model.base) if model.base in ALIASES else model.base
    write_text(adapter / ADAPTER.config, json.dumps(config, indent=2, sort_keys=True))  # as PEFT writes it
