"""`python -m luthier.rehearsal.cloud --image NAME='COMMAND'`: the simulated cloud, until Ctrl-C."""

import argparse
import shlex
import signal
import threading

from luthier.rehearsal.cloud import Cloud, Image
from luthier.rehearsal.cloud.account import Account


def main() -> None:
    arguments = _arguments()
    images = dict(_image(text) for text in arguments.image)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    account = Account(key=arguments.key)
    with Cloud(images, account=account, speed=arguments.speed, port=arguments.port) as cloud:
        print(f"RUNPOD_API_BASE_URL={cloud.url}", flush=True)
        stop.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A simulated RunPod on a loopback port.")
    parser.add_argument("--image", action="append", default=[], metavar="NAME=COMMAND", help="may be given again")
    parser.add_argument("--key", default="rpa_simulated", help="the API key that it accepts (no real one)")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--speed", type=float, default=1, help="how fast its clock, and so its bill, runs")
    return parser.parse_args()


def _image(text: str) -> tuple[str, Image]:
    name, _, command = text.partition("=")
    return name, Image(tuple(shlex.split(command)))


if __name__ == "__main__":
    main()
