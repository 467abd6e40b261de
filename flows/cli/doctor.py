"""luthier doctor"""

from flows.cli.common import command, print_json


@command
def doctor(as_json: bool) -> int:
    """Find what is missing on this machine and say how to mend it. Exit code 2 when a run could not start."""
    from luthier.doctor import examine
    from luthier.settings import Settings

    findings = examine(Settings())
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            mark = {"ok": "ok     ", "missing": "MISSING", "note": "note   "}[finding.state]
            print(f"{mark} {finding.what}: {finding.found}" + (f"\n        → {finding.fix}" if finding.fix else ""))
    return 2 if any(finding.state == "missing" for finding in findings) else 0
