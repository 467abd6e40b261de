"""`python -m luthier.pod`: what a pod's container runs. It never returns: a container that ends is started again."""

import os

from luthier.pod.agent import Agent
from luthier.pod.farewell import end_this_pod
from luthier.secrets import redact
from luthier.settings import Settings


def main() -> None:
    try:
        reason = Agent(os.environ["LUTHIER_POD"], os.environ["LUTHIER_RUN"], Settings()).serve()
    except Exception as error:  # whatever it is, a pod that does nothing must not cost money
        reason = f"{type(error).__name__}: {error}"
    end_this_pod(redact(reason))


if __name__ == "__main__":
    main()
