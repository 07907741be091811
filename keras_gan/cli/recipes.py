"""`keras-gan recipes`."""

import argparse

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import add_command
from keras_gan.cli.lines import print_line


def add_recipes(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan recipes`."""
    parser = add_command(
        commands,
        "recipes",
        run_recipes,
        "list the recipes, or the numbers of one",
        "List the recipes; or all numbers of one, with the reason of each, and the names for: "
        "keras-gan train --set NAME=VALUE.",
    )
    parser.add_argument("recipe", nargs="?", help="name of a recipe (default: list all)")
    parser.add_argument(
        "--width", type=options.parse_width, help="'small' for the variant for a CPU, or a width"
    )


def run_recipes(arguments: argparse.Namespace) -> None:
    """Lists the recipes, or the numbers of one."""
    if arguments.recipe is not None:
        for line in kg.recipes.describe(arguments.recipe, arguments.width):
            print_line(line)
        return
    width = max(map(len, kg.recipes.RECIPES))
    print(
        f"{kg.recipes.AUTO:{width}} chooses a recipe and its settings for the data and the machine"
    )
    for name, recipe in kg.recipes.RECIPES.items():
        numbers = kg.recipes.numbers_of(recipe)
        print(f"{name:{width}} {recipe.about}")
        rates = dict.fromkeys(f"{recipe.rate_of(player):g}" for player in recipe.game.players)
        print(
            f"{'':{width}} width {numbers['width']}, batch {numbers['batch_size']}, "
            f"steps {numbers['steps']}, Adam {' and '.join(rates)} "
            f"({recipe.beta_1}, {recipe.beta_2}), {recipe.loss}"
        )
