"""A process that trains with a worker: `python -m luthier.coworker JOB RANK COUNT LEADER`.

It computes its share and tells nothing but its own failure; heart, events, checkpoints and result are the worker's.
"""

import os
import sys
import traceback
from pathlib import Path

from luthier.compute import told
from luthier.compute.job import Job
from luthier.compute.team import Place, leave_with
from luthier.storage import read_json, write_json
from luthier.worker import Stop, work


def main(path: str, rank: str, count: str, leader: str) -> int:
    place = Place(int(rank), int(count), int(leader))
    leave_with(place.leader)
    job = Job.model_validate(read_json(Path(path)))
    try:
        work(job, Stop(), place)  # asked to stop it goes on: the leader stops all at the same step
    except Exception as error:
        traceback.print_exc()
        write_json(job.folder.told_by(place.rank), {"error": told.tell(error)})
        return 1
    return 0


if __name__ == "__main__":
    os._exit(main(*sys.argv[1:]))  # what libraries may fail of while they leave is no failure of the training
