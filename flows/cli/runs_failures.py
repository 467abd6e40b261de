"""luthier runs failures"""

from datetime import datetime

from flows.cli.common import command, print_json, say


@command
def failures(as_json: bool) -> int:
    """Why runs of this home failed: how often, when last, and how often `luthier retry` helped."""
    from luthier.failures.counts import counts
    from luthier.run_folder import RunFolder
    from luthier.settings import Settings

    found = counts(RunFolder(path) for path in sorted(Settings().runs.glob("*")) if path.is_dir())
    if as_json:
        print_json(found)
        return 0
    for row in found:
        last = f"{datetime.fromtimestamp(row['last']):%Y-%m-%d %H:%M}" if row["last"] else "-"
        helped = "-" if row["share_fixed"] is None else f"{row['fixed']} of {row['retried']}"
        print(f"{row['count']:>4}  {last:<16}  fixed by retry {helped:<9}  {row['title']}")
    if not found:
        say("No run has failed.")
    return 0
