"""A run: a spec, its data's hash, and the folder in which everything of it lives."""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from luthier.errors import NotFound
from luthier.home import check_home
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import anchored, load_spec, save_spec
from luthier.stages import STAGES, run_id, stage_key
from luthier.storage import sha256_file, sha256_json


@dataclass(frozen=True)
class Run:
    """`asked` is the spec as it was given; `spec` adds every value that was chosen for this run."""

    asked: RunSpec
    data_sha256: str
    folder: RunFolder
    settings: Settings

    @property
    def spec(self) -> RunSpec:
        """`asked` with the values that were chosen when the data was first validated."""
        if not self.folder.spec.exists():
            return self.asked
        chosen = load_spec(self.folder.spec)
        kept = {"threads": chosen.compute.threads, "gpu": self.asked.compute.gpu or chosen.compute.gpu}
        compute = self.asked.compute.model_copy(update=kept)
        return self.asked.model_copy(update={"training": chosen.training, "compute": compute})

    def key(self, stage: str) -> str:
        key = stage_key(stage, self.asked, self.data_sha256)
        rules = self.asked.data.rules
        return sha256_json([key, _content(rules)]) if rules and stage == "validate-data" else key

    def completed(self, stage: str) -> dict[str, Any] | None:
        """The stage's summary, if it was finished with this spec and what it left is still there."""
        there = all(any(self.folder.root.glob(file)) for file in STAGES[stage].leaves)
        return self.folder.completed(stage, self.key(stage)) if there else None

    def save_spec(self) -> None:
        """Write what may have changed since the run began (notes, brand, compute); call while the run is locked.

        asked.yaml holds the spec as it was given, by which this run is found again.
        """
        save_spec(self.asked, self.folder.asked)
        if self.folder.spec.exists():
            save_spec(self.spec, self.folder.spec)


def open_run(spec: RunSpec, settings: Settings, again: bool = False) -> Run:
    """Find or make the run of this spec. The same spec is the same run; `again` asks for another one.

    Where runs are shared, those of other machines count, and data that is not on this one is fetched. Raises HomeError,
    DataError, StorageUnavailable, StorageError.
    """
    from luthier.data.reading.sources import content_sha256, sources
    from luthier.sharing.data import fetch_data
    from luthier.sharing.elsewhere import Elsewhere

    check_home(settings.root)
    spec = fetch_data(anchored(spec, Path.cwd()), settings)  # one that came through the API knows no folder
    data_sha256 = content_sha256(sources(spec.data, settings.root))
    base = run_id(spec, data_sha256)
    elsewhere = Elsewhere(settings)
    run = Run(spec, data_sha256, _newest(settings.runs, base, elsewhere), settings)
    first, known = run.folder.run_id == base, run.folder.root.exists() or run.folder.run_id in elsewhere
    if again and known and (first or run.completed("report") or elsewhere.is_complete(run.folder.run_id)):
        run = Run(spec, data_sha256, _next(run.folder, base), settings)
    return run


def find_run(settings: Settings, name: str) -> RunFolder:
    """A run by its id, or by the beginning of its id where only one fits. Raises NotFound."""
    known = sorted(entry.name for entry in settings.runs.glob("*") if entry.is_dir())
    fitting = [name] if name in known else [run_id for run_id in known if run_id.startswith(name)]
    if len(fitting) == 1:
        return RunFolder(settings.runs / fitting[0])
    what = f"{len(fitting)} runs begin with {name}" if fitting else f"there is no run {name}"
    raise NotFound(what, f"Looked in {settings.runs}", "See `luthier runs list`.")


def _content(rules: Path) -> list[str]:
    """Hashes of a team's own rules: other rules judge anew, and a training that passed them stays paid for."""
    return [sha256_file(path) for path in sorted(rules.glob("*")) if path.is_file()]


def _newest(runs: Path, base: str, elsewhere: Container[str]) -> RunFolder:
    number = 1
    while (runs / (name := _numbered(base, number + 1))).exists() or name in elsewhere:
        number += 1
    return RunFolder(runs / _numbered(base, number))


def _next(folder: RunFolder, base: str) -> RunFolder:
    number = 1 if folder.run_id == base else int(folder.run_id.removeprefix(f"{base}-"))
    return RunFolder(folder.root.parent / _numbered(base, number + 1))


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"
