"""Time and money in advance: one function that the command, the flow and the report all use."""
