"""A server that ends at once, so that whoever starts many does not wait for each."""

import asyncio
import socket
from contextlib import suppress

import uvicorn

_STEPS = 5
"""Of the loop, after which a connection that was just accepted has its task."""


async def close(server: asyncio.Server) -> None:
    """Take no more connections; one that was just accepted is somebody's by then, for nothing else would close it."""
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(_STEPS):
        await asyncio.sleep(0)
    server.close()


class Prompt(uvicorn.Server):
    """Ends when it is told to; uvicorn itself looks ten times a second, and then waits for another tenth in any case."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def end(self) -> None:
        """From any thread, once it is `started`."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._loop, seconds = asyncio.get_running_loop(), 0
        if self.should_exit:
            return
        while not await self.on_tick(10 * seconds):
            seconds += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop, state = asyncio.get_running_loop(), self.server_state
        for server in self.servers:
            await close(server)
        for connection in list(state.connections):
            connection.shutdown()
        until = loop.time() + (self.config.timeout_graceful_shutdown or 1.0)
        while (state.connections or state.tasks) and loop.time() < until:
            await asyncio.sleep(0.002)
        for task in state.tasks:
            task.cancel()
        await self.lifespan.shutdown()
