"""Help pages with described arguments and an example, which click has no place for."""

import click

ARGUMENTS = {
    "user_key": "The user's key: the name of the CV's file without its ending. `jobmatch users` lists them.",
    "external_id": "The vendor's id of the posting. `jobmatch matches USER_KEY` shows it.",
    "decision": "What the user decided: new, saved, applied or rejected.",
    "ad": "File with the ad: text, JSON-LD, or a saved web page with JSON-LD; - reads it from standard input.",
    "file": "PDF, DOCX, HTML, text, Markdown or JSON Resume; or a preferences.toml or profile.toml.",
    "profile_file": "A profile.toml with the user's own facts.",
    "shell": "bash, zsh or fish.",
}
EXAMPLES = {
    "demo": "jobmatch demo --cvs my-cvs/",
    "dev": "jobmatch dev --demo",
    "collect": "jobmatch collect --plan 2026-11-20-04:00 2026-11-20-06:00",
    "add-posting": "jobmatch add ad.txt --company Acme --location Berlin",
    "stats": "jobmatch stats --user ada",
    "health": "jobmatch health || echo look",
    "evaluate": "jobmatch evaluate --pages pages/ --cvs cvs.jsonl --out ranked.jsonl",
    "matches": "jobmatch matches ada --min-score 70 --csv > ada.csv",
    "explain": "jobmatch explain ada 3543200010",
    "decide": "jobmatch decide ada 3543200010 rejected --reason wrong_place",
    "mcp": "jobmatch mcp ada",
    "posting": "jobmatch repair posting 3543200010",
    "profile": "jobmatch repair profile ada",
    "users": "jobmatch users --json",
    "add": "jobmatch cv add ada cv.pdf",
    "remove": "jobmatch cv remove ada --label nurse",
    "preferences": "jobmatch preferences ada --location Berlin --max-km 50 --arrangement remote",
    "own-facts": "jobmatch profile ada profile.toml",
    "export": "jobmatch export ada > ada.json",
    "forget": "jobmatch forget ada --proof",
    "forget-again": "jobmatch forget-again --dry-run",
    "migrate": "jobmatch migrate --dry-run",
    "rollback": "jobmatch rollback --dry-run",
    "completion": 'eval "$(jobmatch completion bash)"',
}


class Command(click.Command):
    """A command whose help page describes its arguments and ends with an example.

    `example` names the example where another command has the same name.
    """

    example: str | None = None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Arguments, then options."""
        arguments = [
            (parameter.make_metavar(ctx), ARGUMENTS[parameter.name or ""])
            for parameter in self.params
            if isinstance(parameter, click.Argument)
        ]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        super().format_options(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (of click)
        """The example."""
        with formatter.section("Example"):
            formatter.write_text(EXAMPLES[self.example or self.name or ""])
