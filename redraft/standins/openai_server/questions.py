"""What a question asks: its parts, whether it asks for a procedure, and which of its words no passage holds."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from redraft.standins.openai_server.language import is_chinese, stem, terms, word_terms

_ASK = r"(?:how|what|which|where|when|why|who|can|could|does|do|is|are|should|will)\b"
_NEXT_PART = re.compile(rf"\?\s+|[,;]?\s+and\s+(?:also\s+)?(?=(?:if so,?\s+)?{_ASK})|;\s+(?={_ASK})", re.IGNORECASE)
_ASK_HAN = r"(?:如何|怎么|怎样|什么|哪|是否|能否|能不能|可以|可不可以|多少|为什么|有没有)"
_NEXT_PART_HAN = re.compile(
    rf"[？?]\s*|[，,；;]?(?:以及|并且|另外|还有|同时|又)(?=.{{0,8}}{_ASK_HAN})|[，,；;](?=.{{0,6}}{_ASK_HAN})"
)
_HOW_TO = re.compile(
    r"\bhow (?:do|can|should|would|to|could|might)\b|\bsteps?\b|\bwhat (?:do|must) i (?:need to )?do\b|如何|怎么|怎样|步骤",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"`[^`]+`|[A-Za-z0-9_]+(?:[.\-'’][A-Za-z0-9_]+)*|[\u3400-\u9fff]+|[?？.,;:，。；：!]")
_NAMES_THE_PRODUCT = re.compile(r"\b(?:in|within|inside|does|can|will|is|has|should|of|do|did|with)$", re.IGNORECASE)
_COMMON = frozenset(
    stem(word)
    for word in """ability able above access according action actual actually add added adding additional after all allow
    allows already always another answer app application apply approach around ask automatic automatically available avoid
    back bad based basic become before behave behavior behaviour believe below best better between big bring build built
    built-in call called case cause certain change check choose clear come common complete completely component configure
    consider contain control correct correctly couple create current currently custom deal decide default define describe
    detail difference different directly disable done easily easy effect enable end enough ensure entire especially exactly
    example exist existing expect explain explicitly extra fact far fast feature few field file find first fix follow
    following force form found full fully function further general generally get give given go goes good great guide handle
    happen happens hard help hold idea implement important include individual information inside instance instead integrate
    item keep kind know large last later least leave left less limit line list little live local long look lot main make
    manage manual manually mean means method mind mode more most move multiple name native natively necessary need needed
    needs never new next normal now number object offer official old one ones open option optional order original own page
    part particular pass people per perform place point possible possibly practice prefer present prevent problem process
    product project proper properly provide purpose put question quick quickly quite rather reach read real really reason
    recommend recommended reference refer related rely result return right run running runs safe say second see seem select
    send separate set setting setup several show side similar simple simply simultaneously single small software solution
    someone special specific specify start state step still stop store sure switch system take tell thing things think
    through time together tool top try turn two type under understand unlike until usage use used useful user uses using
    usual usually value various version via want way well whether whole within without word work works write wrong yet user
    support supported supports anyone somebody else happens during against across along far ever automatic default possible
    long short high low max maximum minimum""".split()
)
_HAN_COMMON = re.compile(
    "启用|使用|配置|设置|支持|内置|添加|创建|实现|进行|需要|应该|提供|功能|方法|方式|选项|开启|关闭|打开|运行|启动|停止|编写|定义|"
    "声明|处理|获取|返回|修改|更改|通过|自动|默认|问题|情况|时候|之间|区别|作用|有没有|没有|哪种|哪|几|多少|一下|上|下|后|前|时"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a question asks."""

    text: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, taken apart."""

    text: str
    chinese: bool
    how_to: bool
    parts: tuple[Part, ...]


def read_question(text: str) -> Question:
    """Take a question apart; a part without a word of its own belongs to the part before."""
    text = " ".join(text.split())
    chinese = is_chinese(text)
    pieces = [p.strip(" ?？。.") for p in (_NEXT_PART_HAN if chinese else _NEXT_PART).split(text)]
    parts: list[Part] = []
    for piece in pieces:
        found = terms(piece)
        if found:
            parts.append(Part(piece, found))
    return Question(text, chinese, bool(_HOW_TO.search(text)), tuple(parts) or (Part(text, frozenset()),))


def absent_phrase(part: str, vocabulary: AbstractSet[str], instructions: AbstractSet[str]) -> str | None:
    """Return the words of the question that name something no passage mentions, if they carry the question.

    Args:
        part: one part of a question.
        vocabulary: the terms of all passages, their titles and paths.
        instructions: the terms of the instructions, which name the product.

    """
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(part)]
    if is_chinese(part):
        found = _absent_han(part, vocabulary)
        if found is not None:
            return found
    weights = [_weight(part, t, s, vocabulary | instructions) for t, s, _ in tokens]
    content = sum(1 for w in weights if w is not None)
    missing = [i for i, w in enumerate(weights) if w]
    if not missing:
        return None
    strength = sum(weights[i] or 0 for i in missing)
    if strength < 2 and strength / max(1, content) < 0.34:
        return None
    return _phrase(part, tokens, weights, missing)


def _weight(part: str, token: str, start: int, known: AbstractSet[str]) -> float | None:
    """None: says nothing; 0: the passages know it; 1: they do not; 2: they do not, and it is a name."""
    bare = token.strip("`").removesuffix("'s").removesuffix("’s")
    found = terms(bare)
    if not found or ord(bare[0]) >= 0x3400 or bare.isdigit():
        return None
    if all(_known(t, known) for t in found if t not in _COMMON) or found <= _COMMON:
        return 0.0 if not found <= _COMMON else None
    is_name = token[0] == "`" or any(c.isupper() or c in "_0123456789" for c in bare[0 if start else 1 :])
    if is_name and bare[0].isupper() and _is_product(part, start, start + len(token)):
        return None
    return 2.0 if is_name or is_chinese(part) else 1.0


def _is_product(part: str, start: int, end: int) -> bool:
    """Whether a name stands where the product's own name stands: "in X", "does X", "X 支持"."""
    before, after = part[:start].rstrip(), part[end:].lstrip()
    if before.endswith("在") or re.match("(?:中|里|是否|能否|能|可以|如何|怎么|支持)", after):
        return True
    word = _NAMES_THE_PRODUCT.search(before)
    return word is not None and word[0].lower() != "with"


def _known(term: str, known: AbstractSet[str]) -> bool:
    if term in known:
        return True
    if len(term) < 5 or ord(term[0]) >= 0x3400:
        return False
    if any(term[:cut] in known for cut in range(max(5, len(term) - 3), len(term))):
        return True
    return any(k.startswith(term) and len(k) - len(term) <= 3 for k in known)


def _phrase(
    part: str, tokens: list[tuple[str, int, int]], weights: list[float | None], missing: list[int]
) -> str:
    """Return the longest run of words around the absent ones, without function words at its ends."""
    runs: list[tuple[int, int]] = []
    for index in missing:
        if runs and index - runs[-1][1] <= 2 and all(_joins(tokens[k][0]) for k in range(runs[-1][1] + 1, index)):
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    first, last = max(runs, key=lambda r: (sum(weights[k] or 0 for k in range(r[0], r[1] + 1)), r[1] - r[0]))
    if first > 0 and weights[first - 1] == 0.0 and first > 1 and _TOKEN.match(tokens[first - 1][0]) and _adjacent(part, tokens, first):
        first -= 1
    while last + 1 < len(tokens) and last - first < 3 and (weights[last + 1] == 0.0 or _joins(tokens[last + 1][0])) and _adjacent(part, tokens, last + 1):
        last += 1
    return part[tokens[first][1] : tokens[last][2]].replace("`", "")


def _adjacent(part: str, tokens: list[tuple[str, int, int]], index: int) -> bool:
    return part[tokens[index - 1][2] : tokens[index][1]] == " "


def _joins(token: str) -> bool:
    found = word_terms(token.strip("`")) if token[0].isalnum() or token[0] == "`" else ()
    return bool(found)


def _absent_han(part: str, vocabulary: AbstractSet[str]) -> str | None:
    """Return the longest Chinese run of the question most of whose pieces no passage holds."""
    absent: list[str] = []
    content = 0
    for run in re.findall("[\u3400-\u9fff]+", part):
        for word in (w for w in _HAN_COMMON.split(run) if len(w) >= 2):
            pieces = terms(word)
            content += len(pieces)
            unknown = [p for p in pieces if p not in vocabulary]
            if pieces and len(unknown) * 5 >= len(pieces) * 3:
                absent.append(word)
    if sum(len(a) for a in absent) < max(3, 0.34 * content):
        return None
    longest = max(absent, key=len)
    return re.sub("^(?:的|在|中|里|我|把|将|对|如何|怎么|怎样|能否|是否|可以|能|用)+|(?:的|吗|呢|中|里)+$", "", longest)
