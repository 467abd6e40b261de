"""`python -m luthier.pod`: what a pod's container runs. It never returns: a container that ends is started again."""

import os
import time

from luthier.pod.agent import Agent
from luthier.pod.farewell import end_this_pod
from luthier.secrets import redact
from luthier.settings import Settings

TO_BE_READ_S = 60
"""What went wrong is only in the container's log, which ends with the pod."""


def main() -> None:
    try:
        reason = Agent(os.environ["LUTHIER_POD"], os.environ["LUTHIER_RUN"], Settings()).serve()
    except Exception as error:  # whatever it is, a pod that does nothing must not cost money
        reason = f"{type(error).__name__}: {error}"
        print(redact(reason), flush=True)
        time.sleep(TO_BE_READ_S)
    end_this_pod(redact(reason))


if __name__ == "__main__":
    main()
