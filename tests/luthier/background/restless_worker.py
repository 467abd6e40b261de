"""A worker that looks at its machine often: `python restless_worker.py JOB SUPPLIES`.

Power is read from the folder SUPPLIES; of other processes none is a person, as tests run beside each other.
"""

import sys
from pathlib import Path

from luthier import worker
from luthier.background import busy, pauses, power, priority

pauses.LOOK_S, pauses.CALM_S, pauses.ASK_S = 0.05, 0.3, 0.02
busy.BUSY = busy.CALM = float("inf")
priority.NICE = 1  # enough to be seen; ten would make the test slow beside others
power.SUPPLIES = Path(sys.argv[2])

if __name__ == "__main__":
    sys.exit(worker.main(sys.argv[1]))
