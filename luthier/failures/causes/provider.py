"""The provider of rented machines, its money and its time."""

from luthier.failures.cause import Cause
from luthier.failures.changes import always, more_hours, more_money, on_demand, other_purchase
from luthier.failures.evidence import Evidence


def _never_rented(seen: Evidence) -> bool:
    """Asked for again and again, and there was never a pod; what was refused is not on record."""
    return not any(seen.run.pods.glob("*.json"))


PROVIDER = (
    Cause(
        name="provider_key",
        title="The provider does not accept the key",
        why="RUNPOD_API_KEY is missing, wrong, or may not create pods.",
        fix="Set RUNPOD_API_KEY to a key that may create pods (console: Settings, API Keys).",
        fits=lambda seen: seen.type == "ProviderDenied",
    ),
    Cause(
        name="no_balance",
        title="No money left at the provider",
        why="The account cannot pay for another pod.",
        fix="Add credit in the provider's console, or raise its spending limit.",
        fits=lambda seen: seen.type == "NoBalance",
    ),
    Cause(
        name="no_capacity",
        title="No machine was to be had",
        why="Nothing of that kind was free at the price that was allowed, until the time was over.",
        fix="Allow the other kind of renting, another `compute.gpu`, or a higher `compute.max_usd_per_hour`.",
        fits=lambda seen: seen.type == "PodCapacity" or (seen.type == "OutOfTime" and _never_rented(seen)),
        change=lambda seen: other_purchase(seen) or more_hours(seen),
        proposes="`compute.purchase: spot_then_on_demand`; where that is so already, twice `compute.max_hours`",
    ),
    Cause(
        name="out_of_time",
        title="The run took longer than it may",
        why="`compute.max_hours` ends rented pods, whatever they do.",
        fix="Allow more hours if the run is worth them; it goes on from its newest checkpoint.",
        fits=lambda seen: seen.type == "OutOfTime",
        change=more_hours,
        proposes="twice `compute.max_hours`",
    ),
    Cause(
        name="over_budget",
        title="The run costs more than its budget",
        why="`budget.max_usd`, or the cap with which it was approved, would be exceeded, by the estimate or by "
        "what was spent.",
        fix="Raise it if the run is worth it (a cap: `luthier approve RUN --cap USD`), take a cheaper `compute.gpu`, "
        "or train for fewer steps.",
        fits=lambda seen: seen.type == "OverBudget",
        change=more_money,
        proposes="`budget.max_usd` raised to what the estimate says at most",
    ),
    Cause(
        name="pod_start",
        title="Rented machines did not come up",
        why="Each was started and never said a word: its image cannot be pulled or started, or a secret is missing.",
        fix="Read `pods/<k>.log` of the run; check `pod_image` and `pod_secrets`.",
        fits=lambda seen: seen.type == "PodStartTimeout",
    ),
    Cause(
        name="pod_driver",
        title="The GPU of the rented machine cannot be used",
        why="Its driver is too old for the CUDA of the image, or the machine shows no GPU.",
        fix="Rent another `compute.gpu`; the next try gets another machine in any case.",
        fits=lambda seen: seen.says("the pod's GPU cannot be used"),
    ),
    Cause(
        name="pods_taken_away",
        title="Rented machines were taken away again and again",
        why="Spot machines go to whoever pays more, and hosts die.",
        fix="Rent on demand; it goes on from its newest checkpoint.",
        fits=lambda seen: seen.type in ("PodInterrupted", "PodLost", "PodStalled"),
        change=on_demand,
        proposes="`compute.purchase: on_demand`",
    ),
    Cause(
        name="gpu_not_offered",
        title="The provider does not offer this GPU",
        why="`compute.gpu` is none of its names, or it is not in this cloud.",
        fix="Take one of those that the message lists, or leave it open.",
        fits=lambda seen: seen.type == "SpecError" and seen.where == "compute.gpu",
        change=always("compute.gpu", None, "the cheapest that the model fits on"),
        proposes="`compute.gpu` left open",
    ),
    Cause(
        name="provider_refused",
        title="The provider refuses the request",
        why="It no longer rents that way, or a setting is none that it knows.",
        fix="Look at `compute.gpu`, `compute.purchase` and the pod_… settings.",
        fits=lambda seen: seen.type in ("ProviderRefused", "ApiWithdrawn"),
        change=other_purchase,
        proposes="`compute.purchase: spot_then_on_demand`",
    ),
    Cause(
        name="provider_away",
        title="The provider does not answer",
        why="Its API is down or out of reach. What runs there goes on.",
        fix="Look at the provider's status page; try again later.",
        fits=lambda seen: seen.type in ("ProviderUnavailable", "CreateOutcomeUnknown"),
    ),
)
