"""The wordings by which the answerer knows each kind of instruction, English and Chinese; nobody else reads them."""

import re

_DOCS = (
    r"(?:passages?|documentation|docs?|documents?|extracts?|context|materials?|(?:given|provided"
    r"|supplied) (?:text|information|sources?))"
)
_THOSE_USED = (
    r"(?:the )?(?:sources?|pages?|passages?|documents?|files?|ones) (?:you|that you|actually|really)?\s*(?:used?|rel)"
)

CUES = {
    "cite": r"\bcit(?:e|es|ed|ing|ations?)\b"
    r"|\b(?:give|name|list|include|add|show|mention|provide|state|end with|finish with|link|reference"
    r"|attach|put|note|append|say)\b"
    r"[^.;]{0,30}\b(?:sources?|references?)\b"
    r"|\b(?:sources?|references?)\s*:|\bwith (?:its|their|the|a) sources?\b|\breference the\b"
    r"|\bsources?\b(?=[^.;]{0,20}\b(?:required|needed|necessary)\b)"
    r"|(?<=omit )(?:sources?|references?)|(?<=without )(?:sources?|references?)|(?<=no )(?:sources?|references?)"
    r"|\b(?:put|add|give|append|name|write|list)\b[^.;]{0,20}\bpaths?\b"
    r"|\b(?:name|state|mention|list|give|say|tell|show)\b[^.;]{0,30}\b(?:pages?|files?|documents?"
    r"|passages?)\b[^.;]{0,15}\b(?:used|rel(?:y|ied)|comes? from|came from|based)"
    r"|(?<!逐字)引用(?!原文|原话|原句|[^。；，]{0,12}(?:原文|原话|一句|句子))|出处|来源|参考(?:文档|链接"
    r"|页面|资料|文献)|(?:列出|标明"
    r"|注明)[^。；]{0,8}(?:页面|文件|文档|段落)",
    "admit": r"\b(?:say|admit|state|reply|respond|answer|tell|write|acknowledge|make (?:it )?clear|point out"
    r"|mention|explain|declare)\b"
    r"[^.;]{0,60}(?:n['’]t know|not know|unknown|no answer|can(?:not|['’]t) (?:find|answer|tell)|unsure|uncertain"
    r"|not (?:in|covered|contain|documented|found|available|answered|mentioned|stated|there)\b|n['’]t (?:in"
    r"|covered|there|say|contain|cover|mention)|does not (?:say|cover|contain|mention))"
    r"|\b(?:if|when|whenever|where|in case|unless)\b[^.;]{0,80}(?:\bnot\b|n['’]t\b|\bno\b|\blacks?\b"
    r"|\bmissing\b|\babsent\b|\bunsure\b|\bfails?\b|\bsilent\b|\bunless\b|\bnothing\b|\bcannot\b)"
    r"[^.;]{0,60}\b(?<!not )(?<!never )(?<!n['’]t )(?:say|admit|state|reply|respond|tell|write|acknowledge"
    r"|refuse|decline|point|explain)\b"
    r"|\b(?:be honest|honest(?:ly)? (?:about|when|if|say)|admit)\b"
    r"|\b(?:do not|don['’]t|never|avoid|no|without|rather than|instead of)\s+(?:guess|speculat|bluff)\w*"
    r"|\bI (?:do not|don['’]t) know\b|\bnot in the doc(?:s|umentation)\b"
    r"|不知道|(?:不要|切勿|不得|不能|别|勿|禁止)(?:猜测|乱猜|瞎猜|臆测|猜)|(?:没有|未|不包含|找不到|无法"
    r"|不含)[^。；]{0,20}(?:请|就|则|应|要)?(?:直接|明确|如实|坦率)?(?:说明|说|承认|告知|回答|指出|回复)"
    r"|如实(?:说|告)|坦(?:承|率|白)|承认",
    "premise": r"\bpremises?\b|\bassum(?:es?|ption|ing)\b[^.;]{0,50}(?:wrong|false|mistaken|incorrect|not\b|n['’]t\b"
    r"|absent|missing)|\b(?:wrong|false|mistaken|incorrect) assumption"
    r"|\b(?:name|say|state|point out|tell|mention|identify|spell out|list|report)\b[^.;,]{0,30}\b(?:what"
    r"|which|whatever|the (?:part|feature|thing|option|term)s?)\b[^.;]{0,40}"
    r"(?:\bmissing|\babsent|\bnot\b|n['’]t\b|\black|\bunavailable|\bcannot)"
    r"|\b(?:feature|option|thing|term|something|command|setting)s?\b[^.;]{0,40}(?:not exist|n['’]t exist"
    r"|not (?:be )?(?:mentioned|in the|documented|described|covered|contain)|n['’]t (?:mentioned"
    r"|documented|in the|mention)|absent|does not have)"
    r"|\bcorrect\b[^.;]{0,20}\b(?:the )?(?:question|user|asker|reader|misunderstanding|misconception|mistake)"
    r"|前提|误解|(?:不存在|没有)的(?:功能|选项|命令|设置)|(?:指出|说明|点明|明确|写明"
    r"|说出)[^。；]{0,14}(?:没有|未|不存在|缺少|不包含|没提)",
    "only_passages": rf"(?<!cite )(?<!list )(?<!name )\bonly\b(?! {_THOSE_USED})[^.;]{{0,40}}\b{_DOCS}\b"
    rf"|\b{_DOCS}\b[^.;]{{0,20}}\b(?:only|alone|exclusively|solely)\b"
    r"|\b(?:solely|exclusively|strictly|nothing but|stick to|stay within|limit yourself to|rely on|grounded in"
    r"|base[sd]?)\b"
    rf"[^.;]{{0,40}}\b{_DOCS}\b"
    r"|\b(?:do not|don['’]t|never|no|without|avoid)\s+[^.;]{0,40}\bknowledge\b"
    r"|\b(?:do not|don['’]t|never|avoid|no|without|nor)\s+(?:invent|fabricat|hallucinat|mak(?:e"
    r"|ing)\s+(?:\w+\s+){0,3}up)\w*"
    r"|\bnothing (?:that is )?not in the\b|\bnothing (?:that )?(?:they|it) (?:do|does) not"
    r"|(?:只|仅)(?:能|可以|可|应)?(?:根据|依据|使用|用|凭|基于|从|依靠|以)|(?:不要|切勿|不得|别"
    r"|禁止)[^。；，]{0,10}知识|(?:不要|切勿|不得|别|禁止|绝不)(?:编造|杜撰|臆造|捏造|虚构)|严格(?:根据"
    r"|依据|基于|按照)",
    "concise": r"\b(?:concise|brief|short|terse|succinct|compact|crisp)(?:ly)?\b(?! (?:quote|quotation|title))"
    r"|\bto the point\b|\bkeep\b[^.;]{0,20}\bsmall\b"
    r"|\b(?:do not|don['’]t|avoid|no|without|never)\s+(?:rambl|waffl|padding|pad\b|verbos|wordy|be (?:long"
    r"|wordy|verbose))\w*"
    r"|简洁|简短|简明|精炼|扼要|言简意赅|(?:不要|别|勿|避免)(?:啰嗦|冗长)",
    "detailed": r"\b(?:detailed|thorough(?:ly)?|comprehensive|exhaustive|elaborate|lengthy)\b|\bin (?:depth|detail)\b"
    r"|详细"
    r"|详尽|全面",
    "filler": r"\b(?:filler|greetings?|small talk|preambles?|pleasantries|introductions?|flattery|chit-?chat"
    r"|padding)\b|\bgreat question\b|寒暄|客套|废话|开场白",
    "answer_first": r"\b(?:answer|conclusion|result|point|solution)\b[^.;]{0,25}\b(?:first|up ?front|immediately"
    r"|at the (?:top|start|beginning))\b"
    r"|\b(?:start|begin|lead|open)\b[^.;]{0,15}\bwith (?:the |a )?(?:direct |actual |short )?(?:answer"
    r"|conclusion|result|solution)"
    r"|\bfirst sentence\b|\b(?:answer|respond|reply)[^.;]{0,20}\b(?:directly|straight)\b"
    r"|\bdirect(?:ly)? answer|\bstraight to the\b"
    r"|\b(?:no|avoid|without|do not|don['’]t|skip|leave out|drop|never)\b[^.;]{0,25}\b(?:tangents?"
    r"|digress\w*|background|unrelated|irrelevant|side (?:notes?|remarks?)|off[- ]topic)"
    r"|\bonly what (?:was|is) asked|\bstay on (?:topic|the question)|\bstick to the question"
    r"|先(?:直接|明确)?(?:给出?|说|写)(?:出)?(?:答案|结论|结果)|先(?:直接)?(?:回答|作答)|开门见山"
    r"|直接(?:回答|给出|作答)|首句|第一句|(?:不要|别|勿"
    r"|避免)(?:跑题|离题|偏题|扯)|切题|无关(?:的)?(?:内容|信息)",
    "steps": r"\bsteps\b|\bstep[- ]by[- ]step\b|\b(?:numbered|ordered) (?:list|instructions|points)\b"
    r"|步骤|分步|编号列表|逐步|一步一步|按顺序列",
    "code": r"\b(?:exact|include|show|give|quote|copy|keep|provide|reproduce|add|complete|full|literal|precise"
    r"|write|spell)(?:ly|s|ing)?\b[^.;]{0,50}"
    r"\b(?:commands?|code|snippets?|examples?)\b|\b(?:commands?|code|snippets?)\b[^.;]{0,40}\b(?:exact\w*"
    r"|verbatim|as (?:it|they) |complete\w*|in full|unchanged|whole|literally)"
    r"|(?:完整|原样|准确|给出|附上|提供|包含|写出|列出|展示|保留|照抄)[^。；，]{0,12}(?:命令|代码|示例)"
    r"|(?:命令|代码|示例)[^。；]{0,12}(?:完整|原样|准确|照抄|给出|保留)",
    "quote": r"\bverbatim\b|\bword[- ]for[- ]word\b|\bquot(?:e|es|ing|ations?)\b|\bexact (?:words|wording"
    r"|sentences?)\b|\bown words of the\b|逐字|原文|原话|原句|一字不差",
    "version": r"\b(?:name|say|state|mention|tell|specify|include|note|indicate|give|add"
    r"|which)\b[^.;]{0,40}\b(?:versions?|editions?|releases?|plans?)\b|(?:说明|注明|指出|写明|标明|提及"
    r"|指明)[^。；，]{0,14}(?:版本|版)|适用(?:的)?版本|哪个版本",
    "next_page": r"\bnext (?:page|section|guide|chapter|document|topic)\b|\b(?:page|section|guide"
    r"|document)\b[^.;]{0,20}\b(?:to read )?next\b"
    r"|\bwhere to (?:go|read|look|continue|find|learn)\b|\bread (?:more|on|next)\b|\bfurther (?:reading"
    r"|details|information)\b|\brelated (?:page|section|guide)s?\b|\blearn more\b|\bcontinue reading\b"
    r"|\bfollow-?up (?:page|reading)\b"
    r"|下一(?:页|步(?:该|应|可)?(?:阅读|看|读)|篇)|延伸阅读|进一步阅读|接下来(?:该|可以|应)?(?:看|读|阅读)"
    r"|相关页面|继续阅读|了解更多",
    "friendly": r"\b(?:friendly|warm|cheerful|welcoming|kind(?:ly)?(?= tone|,| and)|casual|informal|conversational"
    r"|approachable|encouraging)\b|友好|亲切|热情|温和",
    "formal": r"\b(?:formal(?:ly)?|professional(?:ly)?|neutral|business-?like|matter-of-fact|sober)\b|正式"
    r"|专业(?:的)?(?:语气|口吻)|严谨|客观",
    "own_language": r"\bsame language\b|\blanguage (?:of|in which|that|they|used)\b[^.;]{0,30}|\b(?:user|asker|question"
    r"|reader|person)['’]?s['’]? (?:own )?language\b"
    r"|(?:提问|问题|用户|提问者|对方)(?:所)?(?:使用|用)?的?语言|同(?:一|样)(?:的|种)*语言|与(?:提问"
    r"|问题)(?:语言)?(?:一致|相同)",
    "english": r"\b(?:answer|reply|respond|write)\b[^.;]{0,15}\bin english\b|用英(?:文|语)(?:回答|作答|回复)",
    "chinese": r"\b(?:answer|reply|respond|write)\b[^.;]{0,15}\bin chinese\b|用(?:中文|汉语)(?:回答|作答|回复)",
    "warn": r"\bwarn(?:s|ing|ings)?\b|\bcaution\w*\b|\balert\b|\b(?:destructive|irreversible|dangerous)\b|警告"
    r"|警示|(?:提醒|提示)[^。；]{0,16}(?:删除|不可逆|覆盖|危险|丢失|风险)|危险操作|不可逆",
    "injected": r"\b(?:never|not|n['’]t|ignore|disregard)\b[^.;]{0,40}\b(?:instructions?|commands?|orders?"
    r"|requests?)\b[^.;]{0,40}(?:document|passage|docs|text|extract|context|inside|within|found|quoted)"
    r"|\b(?:passages?|documents?|text|content)\b[^.;]{0,40}\b(?:is|are|as)\s+(?:only |just |purely |merely )?data\b"
    r"|(?:不要|切勿|绝不|忽略|无视|不得)[^。；]{0,20}(?:指令|指示|命令)|(?:段落|文档|文本)[^。；]{0,10}数据",
    "all_parts": r"\b(?:every|each|all|both)\b[^.;]{0,20}\b(?:parts?|sub-?questions?|questions?|points?|aspects?"
    r"|halves)\b|\bmulti-?part\b|\btwo-part\b|\b(?:several|more than one|two) (?:parts|questions?"
    r"|things)\b"
    r"|\bcompletely\b|\bleave nothing\b|\bnothing (?:is )?(?:left )?(?:out|unanswered)\b|\bfully\b|(?:每"
    r"|各|所有|全部)(?:一)?个?(?:部分|子问题|小问|问题|方面|问)|逐一|多个问题|分别(?:回答|作答)",
}
"""Kind of instruction -> the pattern that names it."""

COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in CUES.items()}

NEGATES_BEFORE = re.compile(
    r"\bno need (?:to|for)\b|\b(?:do|does|did|must|should|need|can|could|may|will|shall)(?:\s+not\b"
    r"|n['’]t\b)|\bcannot\b|\b(?:never|without|avoid|omit|skip|forget|neglect|refrain|stop|unnecessary"
    r"|fail|leave out|drop|no|not(?! only)|neither|nor)\b"
    r"|不要|不用|无需|不必|切勿|请勿|不需要|不得|禁止|避免|没有必要|不应|绝不|别|忘记|遗漏|省略|忘了|不",
    re.IGNORECASE,
)
"""A word that turns the instruction after it round; two of them cancel out ("never answer without citing")."""

NEGATES_AFTER = re.compile(
    r"^[^.;,]{0,20}\b(?:is|are)\b[^.;,]{0,10}(?:\bnot|n['’]t|\bun)\s?(?:needed|required|necessary|wanted)"
    r"|^[^.;,]{0,20}\b(?:unnecessary|forbidden|unwanted)\b|^[^。，；]{0,6}(?:不需要|不必要|没必要"
    r"|没有必要)",
    re.IGNORECASE,
)

NAMES_A_CASE = re.compile(
    r"(?:if|when|whenever|where|in case|unless|features?|options?|things?|terms?|something|commands?"
    r"|settings?|false|wrong|mistaken"
    r"|incorrect|assum\w+|premises?|do not|don['’]t|never|avoid|no|without|rather than|instead of|nothing|nor|I|not)\b"
    r"|没有|未|不|找不到|无法|如果|切勿|别|勿|禁止|绝不|前提|误解",
    re.IGNORECASE,
)
"""Openings that name a case or are negations themselves: what stands before them does not turn them round."""

SEGMENT = re.compile(r",|;|:\s|\bbut\b|\band\b|\bthen\b|，|、|；|：|但")
"""Where the reach of a negation ends."""
