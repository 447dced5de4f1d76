r"""Text as Markdown that means nothing but itself: the lowest layer of `redraft.review_app.safe_text`.

Streamlit parses Markdown with more marks than the usual: `:red[directives]`, `:material/icons:`, `:emoji:`, `$latex$`.
Some of what it does comes after parsing, in what it takes for text, where no escape helps any more: it makes links of
`https://...`, `www....` and `a@b.c`, icons of `:material_x:`, a dash of ` -- `, an arrow of ` -> `. There a sign is put
into a span of its own (`:color[...]` without a colour), so that the text on the page stays the same, copied text too.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_MARK = re.compile(r"[\\`*_{}\[\]<>&$~|!:@\xa0]|(?m:^)[ \t]*\d*[-+#=.()]")
_APART = re.compile(
    r":(?=[\w+-]+:|//)"  # :name: and https://
    r"|(?<=www)\."
    r"|(?<=[-.\w+])@(?=[-\w])"  # a@b.c
    r"|(?<![-<>=~])[-<>=~]{2,3}(?![-<>=~])",  # arrows and dashes
    re.IGNORECASE,
)
_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\]")


def visible(text: str) -> str:
    r"""Show what steers a terminal or the direction of writing, and half characters, instead of obeying it.

    >>> visible("a\tb\r\n\u202egnp.exe\x00")
    'a\tb\n‹U+202E›gnp.exe‹U+0000›'
    """
    return _UNSEEN.sub(lambda found: f"‹U+{ord(found[0]):04X}›", _LINE_END.sub("\n", text))


def inert(text: str) -> str:
    r"""Return Markdown that shows a text as it is, apart from white space, which Markdown reads as it likes.

    >>> inert("Note (1). <b>, $5"), inert("# a"), inert("https://x")
    ('Note (1). &#60;b&#62;, &#36;5', '&#35; a', 'https:color[&#58;]//x')
    """
    text, pieces, end = visible(text), [], 0
    for found in _APART.finditer(text):
        pieces.append(_escaped(text[end : found.start()]))
        end = found.end() - (len(found[0]) > 1)  # the last sign of an arrow may stay where it is
        pieces += [f":color[{_escaped(sign)}]" for sign in text[found.start() : end]]
    return "".join([*pieces, _escaped(text[end:])])


def inert_lines(text: str) -> str:
    r"""Return Markdown that shows a text as it is, line by line.

    >>> inert_lines(kept_spaces("a\n\n\t- b"))
    'a\\\n&#160;\\\n&#160;&#160;&#160;&#160;- b'
    """
    return "\\\n".join(map(inert, text.split("\n")))


def kept_spaces(text: str) -> str:
    """Replace the spaces that Markdown or a browser would swallow by spaces that they keep."""
    # written as `&#160;` in the end: Streamlit takes spaces of any kind from both ends of what it is given
    lines = (line.replace("\t", "    ").rstrip(" ") for line in visible(text).split("\n"))
    kept = (re.sub(r"^ +| {2,}", lambda found: "\xa0" * len(found[0]), line) for line in lines)
    return "\n".join(line or "\xa0" for line in kept) if text else ""


def web_address(url: str) -> str | None:
    """Return an http(s) address, written so that it can stand in Markdown's `<...>`, or None for any other.

    >>> web_address("https://docs.acme.com/a b"), web_address("javascript:alert(1)"), web_address("//acme.com")
    (None, None, None)
    >>> web_address("HTTPS://docs.acme.com/a_(b)?x=1&y=$z#c"), web_address("https://acme.com@evil.example")
    ('https://docs.acme.com/a_(b)?x=1&y=%24z#c', None)
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if _UNSAFE_IN_URL.search(url) or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    if "@" in parts.netloc or not re.fullmatch(r"[\w.\-:\[\]]+", parts.netloc, re.ASCII):
        return None  # a name before the host is there to deceive
    rest = (quote(part, safe="/?[]!'(),;=+%&*", errors="replace") for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, parts.netloc, *rest))


def _escaped(text: str) -> str:
    return _MARK.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", text)
