"""conversations.json as ChatGPT exports it."""


def node(name, parent, role, *parts, children=(), **message):
    said = {"author": {"role": role}, "content": {"content_type": "text", "parts": list(parts)}, **message}
    return {"id": name, "parent": parent, "children": list(children), "message": said}


EXPORT = {
    "title": "Violin care",
    "create_time": 1714554000.5,
    "current_node": "g",
    "conversation_id": "c-1",
    "mapping": {
        "root": {"id": "root", "message": None, "parent": None, "children": ["a"]},
        "a": node("a", "root", "system", "", children=["b"]),
        "b": node("b", "a", "user", "How do I clean it?", children=["x", "c"]),
        "x": node("x", "b", "assistant", "An answer that was written again."),
        "c": node("c", "b", "assistant", 'search("rosin")', recipient="browser", children=["d"]),
        "d": node("d", "c", "tool", "results", children=["e"]),
        "e": node("e", "d", "assistant", "With a soft cloth.", children=["f"]),
        "f": node("f", "e", "user", "And this one?", children=["g"]),
        "g": node("g", "f", "assistant", "The same way."),
    },
}
SAID = ["user: How do I clean it?", "assistant: With a soft cloth.", "user: And this one?", "assistant: The same way."]


def test_the_branch_last_seen(take):
    found = take([EXPORT, EXPORT], "conversations.json")
    assert found.layout.format.name == "chatgpt" and found.texts == [SAID, SAID]
    first = found.sound[0]
    assert first.meta["title"] == "Violin care" and first.time == 1714554000.5 and first.group == "c-1"


def test_without_a_current_node_the_newest_branch(take):
    older, newer = node("x", "b", "assistant", "old", create_time=1), node("y", "b", "assistant", "new", create_time=2)
    nodes = {"b": node("b", None, "user", "Hi", children=["x", "y"]), "x": older, "y": newer}
    assert take([{"mapping": nodes}], "c.json").texts == [["user: Hi", "assistant: new"]]


def test_hidden_messages_and_rings(take):
    hidden = node("h", "b", "user", "profile", metadata={"is_visually_hidden_from_conversation": True})
    nodes = {"b": node("b", "y", "user", "Hi"), "h": hidden, "y": node("y", "h", "assistant", "Hello")}
    assert take([{"mapping": nodes, "current_node": "y"}], "c.json").texts == [["user: Hi", "assistant: Hello"]]


def test_conversations_without_an_answer(take):
    found = take([EXPORT, EXPORT, {**EXPORT, "current_node": "b"}, {"mapping": {}}, {"mapping": []}, {}], "c.json")
    assert [fault.split(": ", 2)[1:2] for fault in found.faults] == [[f"element {n}"] for n in (3, 4, 5, 6)]
    assert "nobody answers" in found.faults[0] and "nothing is said" in found.faults[1]
    assert "is a list; expected an object" in found.faults[2] and 'missing "mapping"' in found.faults[3]


def test_a_picture_is_not_left_out_silently(take):
    picture = node("f", "e", "user", {"content_type": "image_asset_pointer"}, "And this one?", children=["g"])
    picture["message"]["content"]["content_type"] = "multimodal_text"
    found = take([EXPORT, {**EXPORT, "mapping": EXPORT["mapping"] | {"f": picture}}], "conversations.json")
    assert found.texts == [SAID] and len(found.faults) == 1
    assert "a message of the user holds a picture or a sound" in found.faults[0]
