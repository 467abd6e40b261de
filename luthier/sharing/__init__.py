"""Runs of several machines through one storage: a run that began on one can go on on another.

runs/<run_id>/owner.json          the home that works on it
              folder.json         the files of its folder, written last
              folder/<sha256>     their contents
              checkpoints/…       as of rented machines
data/<sha256>/content             data files and base models, by content; manifest.json: those of a spec
"""

from luthier.settings import Settings


def shares(settings: Settings) -> bool:
    """Whether this machine's runs are kept in the storage."""
    return settings.share_runs
