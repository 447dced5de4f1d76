"""Words of English and Chinese text, as the checks count and compare them."""

from __future__ import annotations

import re
import unicodedata

# Every pattern that reads an answer is bounded or cannot overlap itself: a model that repeats one sign ten thousand
# times must not hold up a batch.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # Chinese, Japanese, Korean: no spaces
_CJK_SIGN = re.compile(f"[{CJK}]")
_CODE_BLOCK = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_CODE_SPAN = re.compile(r"(?<!`)(`{1,4})(?!`)(.{1,2000}?)(?<!`)\1(?!`)", re.DOTALL)
_WORD = re.compile(r"[^\W_" + CJK + r"]+(?:[-'._/][^\W_" + CJK + r"]+)*")
_MARKS = re.compile(r"[\"“”「」『』«»]|(?m:^>)")
_PLAINER = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "–": "-", "\u2011": "-"})


def plain(text: str) -> str:
    """Make texts comparable: full-width signs, typographic quotes and white space in their simplest form.

    >>> plain("It’s  ８０８０")
    "It's 8080"
    """
    return " ".join(unicodedata.normalize("NFKC", text).translate(_PLAINER).split())


def is_chinese(text: str) -> bool:
    """Whether there are more Chinese (or Japanese, Korean) signs than words.

    >>> is_chinese("如何安装 ClearML agent？"), is_chinese("What does 数据集 mean in the docs?")
    (True, False)
    """
    signs = len(_CJK_SIGN.findall(text))
    return signs > len(_WORD.findall(text))


def count_words(text: str) -> int:
    """Measure a text: its words, each Chinese sign being one.

    >>> count_words("Run `pip install x`, 然后重启。")
    8
    """
    return len(_CJK_SIGN.findall(text)) + len(_WORD.findall(text))


def code_of(text: str) -> list[str]:
    """Return the content of code blocks and code spans, each once.

    >>> code_of("Run `a b`.")
    ['a b']
    """
    blocks = ["\n".join(match[0].split("\n")[1:]).rstrip().rstrip("`~") for match in _CODE_BLOCK.finditer(text)]
    spans = [match[2].strip() for match in _CODE_SPAN.finditer(_CODE_BLOCK.sub(" ", text))]
    return list(dict.fromkeys(blocks + spans))


def without_code(text: str) -> str:
    """Blank out code blocks and code spans."""
    return _CODE_SPAN.sub(" ", _CODE_BLOCK.sub("\n", text))


def code_without_marks(text: str) -> str:
    """Drop code blocks, and quotation marks within code spans, which may be part of a quoted sentence.

    >>> code_without_marks('It says "set `a_b` first", as in `print("x")`.')
    'It says "set a_b first", as in print(x).'
    """
    return _CODE_SPAN.sub(lambda match: _MARKS.sub("", match[2]), _CODE_BLOCK.sub("\n", text))
