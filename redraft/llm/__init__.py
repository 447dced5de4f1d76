"""The models: the only package that opens a connection to one.

`chat_endpoint` and `embedding_endpoint` say where they are, `check_models` whether they can be used, `ChatModel` and
`Embedder` use them. Importing this is cheap: LangChain and the openai client are imported at the first call.
"""

from redraft.llm.chat import Ask, ChatModel
from redraft.llm.checking import check_models
from redraft.llm.embed import Embedder
from redraft.llm.endpoints import Endpoint, chat_endpoint, embedding_endpoint
from redraft.llm.prices import cost_usd
from redraft.llm.progress import progress_bar
from redraft.llm.requests import NOT_JSON, ChatReply, ChatRequest, Tool, ToolUse

__all__ = [
    "NOT_JSON",
    "Ask",
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "Embedder",
    "Endpoint",
    "Tool",
    "ToolUse",
    "chat_endpoint",
    "check_models",
    "cost_usd",
    "embedding_endpoint",
    "progress_bar",
]
