"""luthier janitor"""

from flows.cli.common import command, print_json, say

FAILED = 7


@command
def janitor(as_json: bool) -> int:
    """End the rented pods of this home that no live run owns. The flow `janitor` does so on a schedule.

    What a live process works on is left alone. Exit codes: 0 none is left, 7 one could not be ended.
    """
    from luthier.compute.pods.janitor import sweep
    from luthier.compute.pods.runpod import open_provider
    from luthier.settings import Settings

    orphans = sweep(open_provider(), Settings(), grace_s=0)
    for orphan in orphans:
        say(f"{orphan.pod.name} {'was ended' if orphan.ended else 'COULD NOT BE ENDED'}: {orphan.reason}")
    if not orphans:
        say("No pod is left over.")
    if as_json:
        print_json([{"pod": each.pod.name, "reason": each.reason, "ended": each.ended} for each in orphans])
    return 0 if all(orphan.ended for orphan in orphans) else FAILED
