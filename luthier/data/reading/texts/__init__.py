"""Plain text as rows: chats, questions with answers, sections, passages."""
