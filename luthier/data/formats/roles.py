"""What the parts in a conversation are called in the wild."""

from luthier.data.formats.names import spaced

ROLES = {
    **dict.fromkeys(("system", "developer", "system_prompt"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "customer", "client", "person", "visitor"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "chatbot", "model", "ai", "agent"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation", "tool_response", "function_response", "ipython"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
}
"""By the role as messages name it; "call" is an assistant's turn whose text is the call."""

ANSWERING = spaced(
    "assistant agent support staff bot chatbot operator admin administrator gpt chatgpt ai model advisor adviser "
    "helpdesk representative rep service team outbound outgoing specialist technician "
    "mitarbeiter mitarbeiterin berater beraterin agente"
)
ASKING = spaced(
    "user customer client requester visitor human person guest contact lead buyer caller patient student "
    "enduser prompter inbound incoming reporter submitter shopper member subscriber "
    "kunde kundin besucher besucherin nutzer nutzerin cliente usuario"
)
"""Words in the names of authors that tell who is who."""


def role_of(name: str) -> str | None:
    """The role that a message names, however it is spelt."""
    return ROLES.get(name) or ROLES.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))
