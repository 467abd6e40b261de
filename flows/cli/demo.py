"""luthier demo"""

from flows.cli.common import command


@command
def demo(as_json: bool) -> int:
    """Train a small real model on real data and prove that it helped: the whole chain, about five minutes."""
    from flows.cli.foreground import run_spec
    from luthier.demo import write_demo
    from luthier.home import check_home
    from luthier.settings import Settings
    from luthier.spec_file import load_spec

    settings = Settings()
    check_home(settings.root)
    return run_spec(load_spec(write_demo(settings.root / "demo")), again=False, as_json=as_json)
