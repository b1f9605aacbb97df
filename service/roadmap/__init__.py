"""When agreed measures are done: a schedule under precedence, capacity and calendar, its reasons, and how sure its order is."""
