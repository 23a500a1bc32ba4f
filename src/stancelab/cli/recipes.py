"""stancelab recipes: classifiers with their parameters."""

import typer

from stancelab.cli.console import say
from stancelab.errors import InputError

recipes = typer.Typer(help="Recipes: classifiers with their parameters.", no_args_is_help=True)


@recipes.command("ls")
def recipes_ls() -> None:
    """List the recipes."""
    from stancelab.errors import refuse
    from stancelab.recipes import known_recipes, load_recipe

    faults = []
    for name in known_recipes():
        try:
            recipe = load_recipe(name)
        except InputError as error:
            faults.append(str(error))
        else:
            say(f"{name}\t{recipe.family}\t{recipe.title}")
    refuse(faults)


@recipes.command("show")
def recipes_show(name: str) -> None:
    """Show a recipe and every parameter of its classifier."""
    from stancelab.recipes import load_recipe

    recipe = load_recipe(name)
    for key, value in recipe.model_dump(exclude={"params"}).items():
        say(f"{key}: {value}")
    classifier = recipe.build(seed=0)
    for _ in range(recipe.per_target + bool(recipe.calibration)):
        classifier = classifier.estimator
    for key, value in classifier.get_params(deep=False).items():
        say(f"  {key} = {value!r}{'' if key in recipe.params else '  (default)'}")
