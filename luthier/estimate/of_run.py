"""The estimate of a run whose data were validated: what the command, the flow and `check` all call."""

from dataclasses import asdict, replace
from typing import Any

from luthier.compute.pods.port import Quote
from luthier.errors import SpecError
from luthier.estimate.base_size import base_size
from luthier.estimate.calibrate import calibrate, known
from luthier.estimate.choose import choose_gpu, smallest_gpu
from luthier.estimate.estimate import Estimate, Terms, estimate
from luthier.estimate.machine import Machine, rented_gpu, this_machine
from luthier.estimate.measured import correct, from_past, with_speeds
from luthier.estimate.memory.fit import fit
from luthier.estimate.memory.need import need
from luthier.estimate.memory.of_spec import least
from luthier.estimate.memory.place import here, rented
from luthier.estimate.prices import Prices, prices_of, quotes_today
from luthier.estimate.work import Work, work_of
from luthier.models.base import locate
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.storage import read_json, write_json


def estimate_run(run: RunFolder, spec: RunSpec, settings: Settings, calibrating: bool = False) -> Estimate:
    """Estimate the whole run by what is known now; `spec` is resolved.

    Until its first worker starts, the estimate and the quotes it was made of are kept in `estimate.json`, for the
    report to compare with. Speeds are this run's own where it has shown any, then those of a calibration right now if
    it is asked for, of earlier runs in this home, of an earlier calibration, then assumed. Raises SpecError and
    PodCapacity when no GPU can be chosen, SpecError when a rented machine is to be calibrated.
    """
    work = work_of(run, spec, base_size(locate(spec.model, settings.models)))
    quotes: list[Quote] = []
    if calibrating and spec.compute.provider != "local":
        what, why = "a rented machine cannot be calibrated", "It would have to be rented for it."
        raise SpecError(what, why, "Leave out --calibrate.", "compute.provider")
    if spec.compute.provider == "local":
        machine, prices, terms = this_machine(spec.compute.threads, work.element_bytes), Prices(), Terms("local")
        machine = with_speeds(machine, known(machine, work, spec, settings))
    else:
        machine, prices, quotes = _rented(work, spec, settings)
        terms = _terms(spec, settings)
    machine = from_past(machine, work, settings.runs, leave_out=run.run_id)
    if calibrating:
        machine = with_speeds(machine, calibrate(machine, work, run, spec, settings))
    under_way = bool(run.attempt_numbers()) and _kept_for(run) == machine.name
    found = estimate(work, correct(machine, work, run) if under_way else machine, prices, terms)
    if place := rented(machine.name, spec, work) if machine.rented else here(spec):
        found = replace(found, memory=fit(spec, work, place))
    if not under_way:
        write_json(run.estimate, found.as_json() | {"quotes": [asdict(quote) for quote in quotes]})
    return found


def _rented(work: Work, spec: RunSpec, settings: Settings) -> tuple[Machine, Prices, list[Quote]]:
    from luthier.compute.pods.runpod import open_provider

    gpu, needed = spec.compute.gpu, need(work.base, least(spec, work, "cuda")).gb
    quotes, silence = quotes_today(open_provider(), gpu, settings.pod_cloud)
    if gpu is None:
        gpu = choose_gpu(quotes, needed).gpu if not silence else smallest_gpu(needed)
    return rented_gpu(gpu), prices_of(quotes, gpu, spec.compute, silence), quotes


def _terms(spec: RunSpec, settings: Settings) -> Terms:
    minutes = spec.compute.checkpoint_minutes
    return Terms(
        policy=spec.compute.purchase,
        ready_s=settings.pod_ready_minutes * 60,
        save_s=minutes * 60 if minutes else None,
        disk_gb=settings.pod_disk_gb,
        download=settings.pod_volume is None,
        deadline=spec.compute.deadline,
    )


def _kept_for(run: RunFolder) -> str | None:
    """The machine of the estimate that was kept last."""
    kept: dict[str, Any] = read_json(run.estimate) if run.estimate.exists() else {}
    return kept.get("machine")
