"""How is a table written for a paper in LaTeX?"""

from collections.abc import Sequence

from stancelab.report.section import Sheet

ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "[": "{[}",
        "]": "{]}",
        "\u2013": "{--}",
        "\u00b1": r"$\pm$",
    }
)
"""Every character that LaTeX reads as more than itself; brackets, because one that begins a line is an option of the last."""


def escaped(text: str) -> str:
    """Text as LaTeX prints it literally; white space becomes single blanks.

    >>> print(escaped("50 % of a_b"))
    50 \\% of a\\_b
    """
    return " ".join(text.split()).translate(ESCAPES)


def latex_table(sheet: Sheet) -> str:
    """A sheet as a tabular with the rules of the booktabs package."""
    lines = ["% needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}"]
    lines += [rf"\begin{{tabular}}{{{'l' * len(sheet.header)}}}", r"\toprule", _line(sheet.header), r"\midrule"]
    lines += [*map(_line, sheet.rows), r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"
