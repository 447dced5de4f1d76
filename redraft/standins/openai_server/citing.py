"""How an answer names its sources: the style that a prompt asks for, and the marks and lists in that style."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TEMPLATE = re.compile(
    r"[\[(（]\s*(?P<label>source|sources|src|see|ref|来源|出处"
    r"|参见)\s*(?P<colon>[:：]?)\s*(?P<inside>[^\])）]*)[\])）]",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\[(?:\d+|n|x|id|i|number|num|passage(?:[ _-]?id)?|passage number|编号|序号|数字)\]"
    r"|\bbracketed numbers?\b|\bnumbers? in (?:square )?brackets"
    r"|\bpassage(?:'s)? (?:numbers?|ids?)\b|\bnumbered (?:citations?|references?)\b|方括号|(?:段落)?编号|序号",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[`\"'“「]?\b(sources?|references?|see also)\s*(?::|：)|[`\"“「]?(来源|参考资料|参考文档|参考|出处)\s*[:：]",
    re.IGNORECASE,
)
_BULLETS = re.compile(r"\bbullet|\bone (?:per|a|on each) line\b|每行一个|项目符号|逐行", re.IGNORECASE)
_INLINE = re.compile(
    r"\bin parenthes[ei]s\b|\binline\b|\b(?:after|behind|at the end of|for|to|with) (?:each"
    r"|every) (?:sentence|claim|statement|fact|paragraph|point|step)"
    r"|每(?:句话?|个?句子|条|个?论断)[^。]{0,6}(?:后|末|尾)|括号",
    re.IGNORECASE,
)
_AT_END = re.compile(
    r"\b(?:last|final|closing) line\b|\bat the (?:very )?end\b(?! of (?:each|every))|\bend (?:with"
    r"|the answer with|your answer with|by)\b|末尾|最后|结尾",
    re.IGNORECASE,
)
_TITLES = re.compile(r"\btitles?\b|标题", re.IGNORECASE)
_LINKS = re.compile(r"\bmarkdown links?\b|\bas (?:a )?links?\b|\]\(|链接", re.IGNORECASE)
_ALL = re.compile(
    r"\ball (?:of )?(?:the |available |retrieved )*(?:sources?|passages?|pages?"
    r"|documents?)\b(?![^.;]{0,20}\b(?:use|rel(?:y|ied)|base))|所有(?:来源|段落|文档)(?!.{0,4}用)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationStyle:
    """Where and how sources stand."""

    numbered: bool = False
    """`[1]` after each sentence, the number being the passage's id."""
    template: str | None = None
    """`(source: {})` after each sentence."""
    listed: bool = True
    """A list at the end."""
    label: str | None = None
    """What the list begins with, if the prompt says so."""
    bullets: bool = False
    titles: bool = False
    links: bool = False
    all_passages: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as a source."""

    id: str
    path: str
    title: str


def read_style(text: str) -> CitationStyle:
    """Read the clauses of a prompt that speak of citing."""
    template = _TEMPLATE.search(text)
    label = _LABEL.search(text[: template.start()] + text[template.end() :] if template else text)
    numbered = bool(_NUMBERED.search(text)) and not (template and _NUMBERED.fullmatch(template[0]))
    inline = bool(_INLINE.search(text))
    shape = None
    if template:
        opening, closing = template[0][0], template[0][-1]
        space = "" if template["colon"] == "：" else " "
        shape = f"{opening}{template['label']}{template['colon']}{space}{{}}{closing}"
    elif inline and not numbered:
        shape = "({})"
    listed = bool(label or _AT_END.search(text)) if (numbered or shape) else True
    return CitationStyle(
        numbered=numbered,
        template=shape,
        listed=listed,
        label=next((g for g in label.groups() if g), None) if label else None,
        bullets=bool(_BULLETS.search(text)),
        titles=bool(_TITLES.search(text)) and "path" not in text.lower(),
        links=bool(_LINKS.search(text)),
        all_passages=bool(_ALL.search(text)),
    )


def mark(style: CitationStyle, source: Source) -> str:
    """Return what stands after a sentence taken from the source; nothing if the style only lists."""
    if style.template is not None:
        return " " + style.template.format(_name(style, source))
    return f" [{source.id}]" if style.numbered else ""


def source_list(style: CitationStyle, sources: Sequence[Source], *, chinese: bool) -> str:
    """Return the list at the end, each path once; nothing if the style has none or nothing was used."""
    names: list[str] = []
    for source in sources:
        name = (f"[{source.id}] " if style.numbered else "") + _name(style, source)
        if name not in names:
            names.append(name)
    if not names or not style.listed:
        return ""
    label = style.label or ("来源" if chinese else "Sources")
    label = label[0].upper() + label[1:]
    colon = "：" if ord(label[0]) > 0x3000 else ":"
    if style.bullets:
        return label + colon + "".join(f"\n- {n}" for n in names)
    return f"{label}{colon}{'' if colon == '：' else ' '}{', '.join(names)}"


def _name(style: CitationStyle, source: Source) -> str:
    if style.links:
        return f"[{source.title or source.path}]({source.path})"
    return source.title or source.path if style.titles else source.path
