r"""Text of models, documents and people, made fit for `st.markdown` and for labels.

| what | function |
|---|---|
| as it is: questions, comments, names, labels of widgets, errors | `plain` |
| an answer, which a model wrote as Markdown | `markdown` |
| a passage of the docs with the parts that an answer quotes | `quoted`, which falls back to `highlighted` |
| where Streamlit reads no Markdown: cells, axes, options of `st.selectbox`, `st.text`, `st.code` | `visible` |

Streamlit shows Markdown without HTML, but a browser would still fetch an image, and a link may lead anywhere. Nothing
here fetches anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from redraft.answering.extract import PassageText
from redraft.review_app.inert_text import inert, inert_lines, kept_spaces, visible
from redraft.review_app.markdown_writer import ResolveLink, rewritten
from redraft.review_app.quoted_parts import merged

__all__ = ["MAX_CHARS", "highlighted", "markdown", "plain", "quoted", "visible"]

MAX_CHARS = 20_000


def plain(text: str, *, max_chars: int = MAX_CHARS) -> str:
    r"""Return Markdown that shows the text as it is.

    >>> plain("# <b>\n:red[x]")
    '&#35; &#60;b&#62;\\\n&#58;red&#91;x&#93;'
    """
    return inert_lines(kept_spaces(text[:max_chars])) + _left_out(text, max_chars)


def markdown(text: str, *, link: ResolveLink = lambda _: None, max_chars: int = MAX_CHARS) -> str:
    """Return the Markdown of an answer without its dangers.

    Args:
        text: Markdown that a model wrote.
        link: Gives the address of a link's target that is known, such as a document's path.
        max_chars: What is longer is cut, and says by how much.

    >>> markdown("# A *b* ![c](https://x/y.png) [d](javascript:e) [f](https://g/h)")
    '**A *b* c (https:color[&#58;]//x/y.png) d (javascript&#58;e) [f](<https://g/h>) (g)**'
    """
    shown = visible(text[:max_chars])
    written = rewritten(shown, link)
    return (inert_lines(kept_spaces(shown)) if written is None else written) + _left_out(text, max_chars)


def quoted(text: str, quotes: Iterable[str], *, link: ResolveLink = lambda _: None, max_chars: int = MAX_CHARS) -> str:
    r"""Return the Markdown of a passage without its dangers, with the quoted parts on a background.

    Args:
        text: Markdown of the docs.
        quotes: `Extract.text` of those extracts that are from this passage.
        link: As for `markdown`.
        max_chars: What is longer is cut, and says by how much.

    Where a quote is not found in what can be read, the passage is shown as it is, see `highlighted`.

    >>> quoted("1. *Run* `a`.\n2. Stop.", ["Run* `a`."])
    '1. *:yellow-background[Run]* :yellow-background[`a`]:yellow-background[&#46;]\n2. Stop.'
    """
    known = [quote for quote in quotes if quote.strip()]
    written = rewritten(visible(text[:max_chars]), link, map(visible, known))
    return highlighted(text, known, max_chars=max_chars) if written is None else written + _left_out(text, max_chars)


def highlighted(text: str, quotes: Iterable[str], *, max_chars: int = MAX_CHARS) -> str:
    r"""Return Markdown that shows a passage as it is, with the quoted parts on a background.

    Args:
        text: The passage.
        quotes: `Extract.text` of those extracts that are from this passage.
        max_chars: What is longer is cut, and says by how much.

    >>> highlighted("Run a\nnow. Or not.", ["a now.", "Run a"])
    ':yellow-background[Run a]\\\n:yellow-background[now.] Or not.'
    """
    shown = kept_spaces(text[:max_chars])
    passage = PassageText(shown)
    written, end = "", 0
    for start, stop in merged(filter(None, (passage.place(visible(quote)) for quote in quotes))):
        marked = (
            f":yellow-background[{inert(line)}]" if line.strip() else "" for line in shown[start:stop].split("\n")
        )
        written += inert_lines(shown[end:start]) + "\\\n".join(line or "&#160;" for line in marked)
        end = stop
    return written + inert_lines(shown[end:]) + _left_out(text, max_chars)


def _left_out(text: str, max_chars: int) -> str:
    left = len(text) - max_chars
    return f"\n\n*… {left:,} more characters are not shown*" if left > 0 else ""
