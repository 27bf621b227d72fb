"""A local stand-in for the Messages API: real HTTP, answers and faults as a test sets them."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_USAGE = {"input_tokens": 900, "output_tokens": 150, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 600}


def grounded(request: dict[str, Any]) -> dict[str, Any]:
    """A usable answer: its quote stands in the request."""
    pair = json.loads(request["messages"][0]["content"])
    return {
        "claude_score": 88,
        "match_reasoning": "The skills asked for are there.",
        "key_alignments": [{"point": "The title fits", "quote": pair["posting"]["title"]}],
        "potential_gaps": [],
    }


@dataclass
class ClaudeStandIn:
    """Answers each call with `answer(request)`; what is in `faults` comes first, one a call (status, headers)."""

    answer: Callable[[dict[str, Any]], dict[str, Any] | str] = grounded
    stop_reason: str = "end_turn"
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        application = Starlette(routes=[Route("/v1/messages", self._messages, methods=["POST"])])
        self._server = uvicorn.Server(
            uvicorn.Config(application, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "ClaudeStandIn":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    async def _messages(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        if self.faults:
            status, headers = self.faults.pop(0)
            error = {"type": "error", "error": {"type": "some_error", "message": "no"}}
            return JSONResponse(error, status, headers)
        answer = self.answer(body)
        return JSONResponse(
            {
                "id": f"msg_{len(self.requests)}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [{"type": "text", "text": answer if isinstance(answer, str) else json.dumps(answer)}],
                "stop_reason": self.stop_reason,
                "stop_sequence": None,
                "usage": _USAGE,
            }
        )
