"""A pod's first process as a script: signs of life and an end, without a model.

python scripted_pod.py BEHAVIOUR: works (for ever), done (after three signs of life), or the JSON of a `result.json`.
"""

import json
import os
import sys
import time

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.settings import Settings

DONE = {"result": {"steps": 1}, "leaving": False, "files": []}


def main(behaviour: str) -> None:
    settings = Settings()
    remote, number = (
        Remote(open_bucket(settings), os.environ["LUTHIER_RUN"]),
        os.environ["LUTHIER_POD"].rpartition("-p")[2],
    )
    last = 0
    while True:
        fence = remote.fence()
        if fence and fence.pod == int(number) and fence.attempt > last:
            last = fence.attempt
            work(remote, last, settings.heartbeat_s, behaviour)
        time.sleep(0.1)


def work(remote: Remote, attempt: int, heartbeat_s: float, behaviour: str) -> None:
    for beat in range(3 if behaviour == "done" else 1 if behaviour != "works" else 10**6):
        remote.put_json(remote.key(attempt, "heartbeat.json"), {"beat": beat, "phase": "working"})
        print("beat", beat, os.environ.get("PLANTED_TOKEN", ""), flush=True)
        if remote.get_json(remote.key(attempt, "stop.json")):
            remote.put_json(remote.key(attempt, "result.json"), {"ended": "asked", "leaving": False, "files": []})
            return
        time.sleep(heartbeat_s / 2)
    remote.put_json(remote.key(attempt, "result.json"), DONE if behaviour == "done" else json.loads(behaviour))


if __name__ == "__main__":
    main(sys.argv[1])
