"""stancelab cache: the vectors that are kept on disk."""

import typer

from stancelab.cli.console import Json, say, say_json

cache = typer.Typer(help="Vectors of encoders, kept on disk so that none is computed twice: show, clear.", no_args_is_help=True)


@cache.command("show")
def cache_show(json_: Json = False) -> None:
    """Show where the vectors are kept, how many there are of each encoder, and how much room they may take."""
    from stancelab.embedding_cache import contents, size_text, user_cache

    place = user_cache()
    held = contents(place)
    if json_:
        sizes = {"bytes": held.size, "bytes_on_disk": held.on_disk, "limit": place.limit}
        say_json({"place": str(place.file), "entries": held.entries, **sizes, "encoders": held.encoders})
        return
    say(f"place: {place.file}")
    say(f"entries: {held.entries}")
    say(f"size: {size_text(held.size)} ({size_text(held.on_disk)} on disk)")
    say(f"limit: {size_text(place.limit) if place.limit else '0, the cache is off'}")
    for encoder, entries in held.encoders.items():
        say(f"  {encoder}: {entries}")


@cache.command("clear")
def cache_clear() -> None:
    """Remove every vector that is kept on disk."""
    from stancelab.embedding_cache import clear, size_text, user_cache

    place = user_cache()
    held = clear(place)
    say(f"{place.file}: removed {held.entries} entr{'y' if held.entries == 1 else 'ies'}, {size_text(held.size)}")
