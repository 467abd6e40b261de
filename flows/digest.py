"""The daily summary, for who wants one message a day instead of many."""

from datetime import datetime

from prefect import flow, get_run_logger

from luthier.notify.digest import send_digests
from luthier.settings import Settings


@flow(name="digest", description="Send the daily summary to those who want one.")
def digest() -> list[str]:
    """Once a person and day, however often this runs; nothing where nothing happened."""
    told = send_digests(Settings(), datetime.now().astimezone().date())
    get_run_logger().info("sent to: %s", ", ".join(told) or "nobody")
    return told
