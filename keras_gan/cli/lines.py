"""Lines of text for a terminal."""

import shutil
import sys
import textwrap


def print_line(line: str) -> None:
    """Prints a line, in a terminal broken between words; a file or a pipe gets it whole."""
    if sys.stdout.isatty():
        columns = shutil.get_terminal_size().columns
        whole_words = {"break_long_words": False, "break_on_hyphens": False}
        line = "\n".join(
            textwrap.fill(part, columns, subsequent_indent="  ", **whole_words)
            for part in line.split("\n")
        )
    print(line, flush=True)
