"""stancelab cache: the vectors, compiled models and answers that are kept on disk."""

from pathlib import Path
from typing import Annotated

import typer

from stancelab.cli.console import Json, say, say_json

cache = typer.Typer(
    help="Vectors, compiled models and answers of servers, kept on disk so that none is had twice: show, clear, answers.",
    no_args_is_help=True,
)


@cache.command("show")
def cache_show(json_: Json = False) -> None:
    """Show where vectors, compiled models and answers are kept, how many there are, how much room they take and may take."""
    from stancelab.answer_cache import answers_file, count_answers
    from stancelab.compiled.store import LIMIT, forms_folder, kept_forms
    from stancelab.embedding_cache import contents, size_text, user_cache

    place = user_cache()
    held = contents(place)
    compiled = kept_forms(forms_folder())
    answers = {f"{model} at {server}": count for (server, model), count in count_answers(answers_file()).items()}
    if json_:
        sizes = {"bytes": held.size, "bytes_on_disk": held.on_disk, "limit": place.limit}
        facts = {"place": str(place.file), "entries": held.entries, **sizes, "encoders": held.encoders}
        given = {"place": str(answers_file()), "entries": sum(answers.values()), "models": answers}
        forms = {"place": str(forms_folder()), "models": compiled.models, "bytes": compiled.size, "limit": LIMIT}
        say_json({**facts, "compiled": forms, "answers": given})
        return
    say(f"place: {place.file}")
    say(f"entries: {held.entries}")
    say(f"size: {size_text(held.size)} ({size_text(held.on_disk)} on disk)")
    say(f"limit: {size_text(place.limit) if place.limit else '0, the cache is off'}")
    for encoder, entries in held.encoders.items():
        say(f"  {encoder}: {entries}")
    say(f"compiled models: {compiled.models}, {size_text(compiled.size)} of at most {size_text(LIMIT)}, in {forms_folder()}")
    say(f"answers of servers: {sum(answers.values())} in {answers_file()}")
    for model, entries in answers.items():
        say(f"  {model}: {entries}")


@cache.command("clear")
def cache_clear(
    answers: Annotated[bool, typer.Option("--answers", help="Remove the answers instead, which may have cost money.")] = False,
) -> None:
    """Remove every vector and compiled model that is kept on disk, or every answer."""
    from stancelab.answer_cache import answers_file, clear_answers
    from stancelab.compiled.store import clear_forms, forms_folder
    from stancelab.embedding_cache import clear, size_text, user_cache

    if answers:
        count = clear_answers(answers_file())
        say(f"{answers_file()}: removed {count} answer{'' if count == 1 else 's'}")
        return
    place = user_cache()
    held = clear(place)
    say(f"{place.file}: removed {held.entries} entr{'y' if held.entries == 1 else 'ies'}, {size_text(held.size)}")
    forms = clear_forms(forms_folder())
    say(f"{forms_folder()}: removed {forms.models} compiled model{'' if forms.models == 1 else 's'}, {size_text(forms.size)}")


@cache.command("answers")
def cache_answers(out: Annotated[Path, typer.Option("-o", "--out", help="The .jsonl file to write.")]) -> None:
    """Write every answer of a server as it came, with what was asked, one a line."""
    from stancelab.answer_cache import all_answers, answers_file
    from stancelab.records import write_json_lines

    found = all_answers(answers_file())
    write_json_lines(out, found)
    say(f"{out}: {len(found)} answer{'' if len(found) == 1 else 's'}")
