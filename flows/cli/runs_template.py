"""luthier runs save-template RUN NAME"""

import click

from flows.cli.common import command, print_json, say


@command
@click.argument("run")
@click.argument("name")
@click.option("--force", is_flag=True, help="Replace the template of that name.")
@click.option("--resolved", is_flag=True, help="Freeze the values that were chosen for the run, too.")
def save_template(run: str, name: str, force: bool, resolved: bool, as_json: bool) -> int:
    """Keep what RUN asked for as the template NAME, for `luthier init NAME`.

    Its data, name, notes, price and deadline are left out.
    """
    from luthier.catalogue.templates import save_template as save
    from luthier.run import find_run
    from luthier.settings import Settings

    settings = Settings()
    written = save(find_run(settings, run), name, settings, force, resolved)
    say(f"Wrote {written}. Next: luthier init {name} --data FILE")
    if as_json:
        print_json({"template": name, "file": str(written)})
    return 0
