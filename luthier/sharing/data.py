"""Data files, own rules and a base model that is a folder, by their content: a machine without them fetches them."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from luthier.bucket import Bucket, open_bucket
from luthier.compute.orders import Entry, fetch
from luthier.data.reading.sources import content_sha256, sources
from luthier.errors import DataError, StorageError
from luthier.models.base import ALIASES, brought
from luthier.settings import Settings
from luthier.sharing import shares
from luthier.spec import RunSpec
from luthier.storage import read_json, sha256_file, sha256_json, write_json


class Sent(BaseModel):
    """What a spec reads. Paths are absolute, as on the machine that sent it; a query's answer is one of its home.

    content: the hash of the data by which the run is named.
    """

    content: str
    data: list[Entry]
    base: list[Entry]


def send_data(spec: RunSpec, settings: Settings) -> RunSpec:
    """The spec, with `data.stored` naming what was put into the storage; as it is where runs are not shared.

    Its paths are absolute. What is there already is not sent again. Raises DataError, StorageUnavailable, StorageError.
    """
    if not shares(settings):
        return spec
    bucket = open_bucket(settings)
    files = sources(spec.data, settings.root)
    paths = {each.path for each in files} | _asked(spec, settings.root)
    if spec.data.rules:
        paths |= {path for path in spec.data.rules.rglob("*") if path.is_file()}
    data = [_send(bucket, path, _name(path, settings.root)) for path in sorted(paths)]
    sent = Sent(content=content_sha256(files), data=data, base=_send_base(bucket, spec))
    digest = sha256_json(sent.model_dump())
    bucket.put(f"data/{digest}/manifest.json", sent.model_dump_json().encode())
    return _stored(spec, digest)


def fetch_data(spec: RunSpec, settings: Settings) -> RunSpec:
    """The spec with its data on this machine: where it says, if the same lies there, else fetched into the home.

    Raises StorageUnavailable, StorageError.
    """
    if not spec.data.stored or not settings.storage:
        return spec
    bucket, sent = open_bucket(settings), _manifest(spec.data.stored, settings)
    if not _are_here(sent.base, lambda name: Path("/", name)):
        fetch(bucket, sent.base, brought(settings.models))
    if _are_here(sent.data, lambda name: settings.root / name) and _content(spec, settings) == sent.content:
        return spec
    folder = settings.root / "data" / spec.data.stored
    queries = [entry for entry in sent.data if not entry.path.startswith("/")]
    fetch(bucket, queries, settings.root)
    fetch(bucket, _below([entry for entry in sent.data if entry not in queries]), folder)
    return _moved(spec, folder)


def _asked(spec: RunSpec, home: Path) -> set[Path]:
    """The queries themselves: of those, only the answers are among the sources."""
    paths = (spec.data.path, *(more.path for more in spec.data.more))
    return {path for path in paths if path.suffix.lower() == ".sql" and path.is_file()}


def _name(path: Path, home: Path) -> str:
    queries = home / "queries"
    return str(path.relative_to(home) if path.is_relative_to(queries) else path.absolute())


def _send_base(bucket: Bucket, spec: RunSpec) -> list[Entry]:
    folder = Path(os.path.expanduser(spec.model.base))  # noqa: PTH111 (Path's raises for an unknown user)
    if spec.model.base in ALIASES or not folder.is_dir():
        return []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return _below([_send(bucket, path, str(path.absolute())) for path in files])


def _send(bucket: Bucket, path: Path, name: str) -> Entry:
    digest = sha256_file(path)
    entry = Entry(path=name, size=path.stat().st_size, sha256=digest, key=f"data/{digest}/content")
    if entry.key not in {stored.key for stored in bucket.list(f"data/{digest}")}:
        bucket.put(entry.key, path)
    return entry


def _manifest(digest: str, settings: Settings) -> Sent:
    """Kept in the home once it is known, so that a run that goes on here asks no more."""
    known = settings.root / "data" / f"{digest}.json"
    if not known.exists():
        content = open_bucket(settings).get(f"data/{digest}/manifest.json")
        if content is None:
            fix = "Submit the spec again, or start it where its data lies."
            raise StorageError("the run's data are not in this storage", "", fix, "data.stored")
        sent = Sent.model_validate_json(content)
        if sha256_json(sent.model_dump()) != digest:
            raise StorageError("the list of the run's data is not what was sent", "", "Submit it again.", "data.stored")
        write_json(known, sent.model_dump())
    return Sent.model_validate(read_json(known))


def _are_here(entries: list[Entry], place: Callable[[str], Path]) -> bool:
    return all(
        (path := place(entry.path)).is_file()
        and path.stat().st_size == entry.size
        and sha256_file(path) == entry.sha256
        for entry in entries
    )


def _content(spec: RunSpec, settings: Settings) -> str | None:
    """Hash of what lies where the spec says: a folder may hold more than was sent."""
    with suppress(DataError):
        return content_sha256(sources(spec.data, settings.root))
    return None


def _below(entries: list[Entry]) -> list[Entry]:
    """The same, to be put below a folder: with their whole paths, as a part of these may name a file."""
    return [entry.model_copy(update={"path": entry.path.lstrip("/")}) for entry in entries]


def _moved(spec: RunSpec, folder: Path) -> RunSpec:
    def below(path: Path) -> Path:
        return folder / str(path).lstrip("/")

    more = [each.model_copy(update={"path": below(each.path)}) for each in spec.data.more]
    rules = spec.data.rules and below(spec.data.rules)
    return spec.model_copy(
        update={"data": spec.data.model_copy(update={"path": below(spec.data.path), "more": more, "rules": rules})}
    )


def _stored(spec: RunSpec, digest: str) -> RunSpec:
    return spec.model_copy(update={"data": spec.data.model_copy(update={"stored": digest})})
