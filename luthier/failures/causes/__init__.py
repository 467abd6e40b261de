"""The catalogue: every cause that is known, in the order in which they are tried; the first that fits counts."""

from luthier.failures.cause import Cause
from luthier.failures.causes.data import DATA
from luthier.failures.causes.machine import MACHINE
from luthier.failures.causes.memory import MEMORY
from luthier.failures.causes.model import MODEL
from luthier.failures.causes.provider import PROVIDER
from luthier.failures.causes.services import SERVICES
from luthier.failures.causes.storage import STORAGE
from luthier.failures.causes.training import TRAINING
from luthier.failures.causes.unknown import CANCELLED, GONE, UNKNOWN
from luthier.failures.evidence import Evidence

CAUSES = (*MEMORY, *TRAINING, *DATA, *MODEL, *STORAGE, *PROVIDER, *MACHINE, *SERVICES, GONE, CANCELLED, UNKNOWN)


def recognise(seen: Evidence) -> Cause:
    return next(cause for cause in CAUSES if cause.fits(seen))
