"""`fastdup-checks gx`: the expectations of a data.yml in a Great Expectations project."""

from __future__ import annotations

import argparse
from pathlib import Path

from fastdup_checks.cli.terminal import complain, say, show_path
from fastdup_checks.stored_name import fault_of_name

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "gx",
        help="use a data.yml in Great Expectations",
        description="Use the expectations of a data.yml as rules of Great Expectations (the extra [gx]).",
    )
    parser.set_defaults(work=None)
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    init = inner.add_parser(
        "init",
        help="add a suite, a checkpoint and what they need to a project",
        description="Add the expectations of a data.yml to a Great Expectations project as a suite, with a checkpoint "
        "that writes Data Docs and the gallery. The project is made where there is none.",
    )
    init.add_argument("--overwrite", action="store_true", help="replace a suite of that name")
    init.set_defaults(work=_init)
    run = inner.add_parser(
        "run",
        help="run the checkpoint on the images as they are now",
        description="List the images of the data.yml, run the checkpoint on them, and say where Data Docs are. "
        "Exit status 1 when a rule fails.",
    )
    run.set_defaults(work=_run)
    for command in (init, run):
        command.add_argument("config", type=Path, metavar="data.yml", help="the expectations")
        command.add_argument(
            "--project", type=Path, metavar="DIR", default=Path(), help="where gx/ is (default: the working directory)"
        )
        command.add_argument(
            "--name", type=_name, default="images", help="of the suite and of the checkpoint (default: images)"
        )


def _init(options: argparse.Namespace) -> int:
    import fastdup_checks.gx as rules
    from fastdup_checks.config import load_plan

    load_plan(options.config)  # before a project is made
    context = rules.open_project(options.project)
    suite = rules.suite_from_config(options.config, options.name)
    rules.add_checkpoint(context, suite, overwrite=options.overwrite)
    rules.register_in_project(context)
    folder = show_path(Path(context.root_directory))
    count = len(suite.expectations)
    say(f"{count} {'rule' if count == 1 else 'rules'} in suite and checkpoint {options.name!r} of {folder}")
    say(f"next: fastdup-checks gx run {show_path(options.config)}{_others(options)}")
    return 0


def _run(options: argparse.Namespace) -> int:
    import fastdup_checks.gx as rules
    from fastdup_checks.gx.project import is_project

    # GX makes a project of a folder that is none: what is mistyped is not to be made.
    context = rules.open_project(options.project) if is_project(options.project) else None
    checkpoint = context and rules.find_checkpoint(context, options.name)
    if context is None or checkpoint is None:
        complain(f"no checkpoint {options.name!r}; first: fastdup-checks gx init {options.config}{_others(options)}")
        return 2
    frame = rules.frame_from_config(options.config)
    result = checkpoint.run(batch_parameters={"dataframe": frame})
    for validation in result.run_results.values():
        for judged in validation.results:
            say(("passed   " if judged.success else "FAILED   ") + rules.message_of(judged))
    for site in context.get_docs_sites_urls():
        say(f"data docs: {site['site_url']}")
    return 0 if result.success else 1


def _name(text: str) -> str:
    fault = fault_of_name(text)
    if fault is not None:
        raise argparse.ArgumentTypeError(f"the suite cannot be called {text!r:.60}: {fault}")
    return text


def _others(options: argparse.Namespace) -> str:
    project = "" if options.project == Path() else f" --project {show_path(options.project)}"
    return project + ("" if options.name == "images" else f" --name {options.name}")
