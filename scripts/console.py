"""The consoles of all commands, which print every text as it is."""

from rich.console import Console


def plain_console(*, width: int | None = None, stderr: bool = False) -> Console:
    """Return a console to which brackets and colons are no markup: names of classes and files may have them.

    Colours are given as styles.

    Args:
        width: The columns of the output; None for those of the terminal.
        stderr: Write to standard error.
    """
    return Console(width=width, stderr=stderr, markup=False, emoji=False, highlight=False)
