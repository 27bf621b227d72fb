"""A local stand-in for the Messages API and its batches, over real HTTP, so that the real SDK is used.

What it sends is built from the SDK's own types, and what it receives is checked against them. It keeps every request,
counts what was paid for, and answers, delays and fails as a test sets it.
"""

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from jobmatch_dagster.bench.claude_tokens import PromptCache

KEY = "sk-secret-key"
_ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
Said = dict[str, Any] | str


def questions_of(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The questions of a request by posting id, each as a request of its own; by "" if it is not a group."""
    profile, pair, *notes = request["messages"][0]["content"]
    pairs = json.loads(pair["text"]).get("pairs")
    if pairs is None:
        return {"": request}
    found = {}
    for entry in pairs:
        text = json.dumps({name: value for name, value in entry.items() if name != "id"}, ensure_ascii=False)
        content = [profile, {**pair, "text": text}, *notes]
        found[entry["id"]] = {**request, "messages": [{"role": "user", "content": content}]}
    return found


def data_of(request: dict[str, Any]) -> dict[str, Any]:
    """Profile, posting and analysis of a request about one pair."""
    profile, pair = (json.loads(block["text"]) for block in request["messages"][0]["content"][:2])
    return {**profile, **pair}


def grounded(request: dict[str, Any]) -> dict[str, Any]:
    """A usable answer: its quote occurs in the request, and its reasoning names a skill."""
    data = data_of(request)
    posting = data["posting"]
    fact = (posting.get("skills") or posting.get("industries") or data["profile"].get("skills") or ["5 years"])[0]
    return {
        "claude_score": 80,
        "match_reasoning": (
            f"Gefordert ist {fact}, und das bringen Sie mit."
            if data.get("answer_language") == "German"
            else f"The posting asks for {fact}, and that is what you bring."
        ),
        "key_alignments": [{"point": "The title fits", "quote": posting["title"]}],
        "potential_gaps": [],
    }


@dataclass
class Batch:
    """A message batch: its items, and how often its state is asked for until it has ended."""

    id: str
    requests: list[dict[str, Any]]
    polls_left: int
    created_at: datetime
    cancelled: bool = False
    lines: list[dict[str, Any]] | None = None


@dataclass
class ClaudeStandIn:
    """Answers each call with `answer(request)`; what is in `faults` comes first, one a call.

    Attributes:
        answer: what is said to a question; text is sent as it is. A group's questions are answered one by one.
        of_group: what becomes of the answers to a group; text is sent as it is.
        faults: (status, headers), or "timeout", "drop" (the answer is lost), "refuse", "html" or "broken".
        outcome: what becomes of a batch item: succeeded, errored, invalid, expired or canceled.
        polls: how often a batch is asked for until it has ended.
        paid: answers made, by question.
    """

    answer: Callable[[dict[str, Any]], Said] = grounded
    of_group: Callable[[list[Any]], list[Any] | str] = list
    stop_reason: str = "end_turn"
    faults: list[tuple[int, dict[str, str]] | str] = field(default_factory=list)
    batch_faults: list[tuple[int, dict[str, str]] | str] = field(default_factory=list)
    outcome: Callable[[dict[str, Any]], str] = lambda _: "succeeded"
    polls: int = 1
    latency_s: float = 0.0
    timeout_s: float = 30.0
    counts_tokens: bool = True
    requests: list[dict[str, Any]] = field(default_factory=list)
    counted: list[dict[str, Any]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    paid: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    cache: PromptCache = field(default_factory=PromptCache)

    def __post_init__(self) -> None:
        self._at_once = 0
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
            Route("/v1/messages/batches", self._create_batch, methods=["POST"]),
            Route("/v1/messages/batches", self._list_batches, methods=["GET"]),
            Route("/v1/messages/batches/{id}", self._retrieve_batch, methods=["GET"]),
            Route("/v1/messages/batches/{id}/cancel", self._cancel_batch, methods=["POST"]),
            Route("/v1/messages/batches/{id}/results", self._results, methods=["GET"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=0, log_level="critical", lifespan="off"
        )
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
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

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Every request with a prompt, of any kind."""
        return [*self.requests, *self.counted, *(r["params"] for batch in self.batches for r in batch.requests)]

    def end_batches(self) -> None:
        """End every batch."""
        for batch in self.batches:
            batch.polls_left = 0

    def forget(self) -> None:
        """Forget all requests and batches."""
        for kept in (self.requests, self.counted, self.batches, self.paid, self.faults, self.batch_faults):
            kept.clear()

    async def _messages(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused:
            return refused
        body = await request.json()
        self.requests.append(body)
        if (unknown := _unknown_fields(body)) or not body.get("messages"):
            return _error(400, f"unknown fields: {unknown}")
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, tuple):
            return _error(fault[0], "no", fault[1])
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.timeout_s if fault == "timeout" else self.latency_s)
        finally:
            self._at_once -= 1
        message = self._message(body)
        if fault == "html":
            return HTMLResponse("<html><body>Please log in to the proxy</body></html>")
        if fault == "broken":
            return Response(json.dumps(message)[:60], media_type="application/json")
        return _Dropped() if fault == "drop" else JSONResponse(message)

    async def _count(self, request: Request) -> Response:
        from anthropic.types import MessageTokensCount

        refused = self._refused(request)
        if refused:
            return refused
        if not self.counts_tokens:
            return _error(404, "no such thing here")
        body = await request.json()
        self.counted.append(body)
        usage = PromptCache().usage(body, "")
        tokens = usage["input_tokens"] + usage["cache_creation_input_tokens"]
        return JSONResponse(MessageTokensCount(input_tokens=tokens).to_dict(mode="json"))

    async def _create_batch(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused:
            return refused
        body = await request.json()
        fault = self.batch_faults.pop(0) if self.batch_faults else None
        if isinstance(fault, tuple):
            return _error(fault[0], "no", fault[1])
        ids = [item["custom_id"] for item in body["requests"]]
        if len(set(ids)) != len(ids) or not all(0 < len(i) <= 64 and set(i) <= _ID_CHARACTERS for i in ids):
            return _error(400, "custom ids must be unique, of 1 to 64 letters, digits, - and _")
        if unknown := {name for item in body["requests"] for name in _unknown_fields(item["params"])}:
            return _error(400, f"unknown fields: {unknown}")
        batch = Batch(f"msgbatch_{len(self.batches):05}", body["requests"], self.polls, datetime.now(UTC))
        self.batches.append(batch)
        return _Dropped() if fault == "drop" else JSONResponse(self._batch(batch))

    async def _list_batches(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused:
            return refused
        newest_first = self.batches[::-1]
        after = request.query_params.get("after_id")
        start = next((n + 1 for n, b in enumerate(newest_first) if b.id == after), 0)
        page = newest_first[start : start + 2]  # short pages, so that paging is tried
        return JSONResponse(
            {
                "data": [self._batch(batch) for batch in page],
                "has_more": start + 2 < len(newest_first),
                "first_id": page[0].id if page else None,
                "last_id": page[-1].id if page else None,
            }
        )

    async def _retrieve_batch(self, request: Request) -> Response:
        batch = next((b for b in self.batches if b.id == request.path_params["id"]), None)
        if batch is None:
            return _error(404, "no such batch")
        batch.polls_left = max(0, batch.polls_left - 1)
        return self._refused(request) or JSONResponse(self._batch(batch))

    async def _cancel_batch(self, request: Request) -> Response:
        batch = next(b for b in self.batches if b.id == request.path_params["id"])
        batch.cancelled = True
        return self._refused(request) or JSONResponse(self._batch(batch))

    async def _results(self, request: Request) -> Response:
        batch = next(b for b in self.batches if b.id == request.path_params["id"])
        if batch.lines is None:
            batch.lines = [self._line(batch, item) for item in batch.requests][::-1]  # not in the order of the requests
        lines = "\n".join(json.dumps(line) for line in batch.lines)
        return self._refused(request) or Response(lines, media_type="application/x-jsonl")

    def _refused(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if given == KEY else _error(401, "invalid key")

    def _message(self, body: dict[str, Any], *, batch: bool = False) -> dict[str, Any]:
        from anthropic.types import Message

        questions = questions_of(body)
        self.paid.update(request_key(question) for question in questions.values())
        text = self._said(questions)
        message = Message.model_validate(
            {
                "id": f"msg_{len(self.sent):06}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [
                    {"type": "thinking", "thinking": "", "signature": "none"},
                    {"type": "text", "text": text},
                ],
                "stop_reason": self.stop_reason,
                "stop_sequence": None,
                "usage": {**self.cache.usage(body, text), "service_tier": "batch" if batch else "standard"},
            }
        )
        return message.to_dict(mode="json")

    def _said(self, questions: dict[str, dict[str, Any]]) -> str:
        """Text of the answer: to one question what a test says, to a group the answers with ids and titles."""
        if "" in questions:
            said = self.answer(questions[""])
            return said if isinstance(said, str) else json.dumps(said)
        answers: list[Any] = []
        for key, question in questions.items():
            said = self.answer(question)
            title = " ".join(data_of(question)["posting"].get("title", "").split()[:5])
            answers.append({"id": key, "title": title, **said} if isinstance(said, dict) else said)
        listed = self.of_group(answers)
        return listed if isinstance(listed, str) else json.dumps({"answers": listed})

    def _line(self, batch: Batch, item: dict[str, Any]) -> dict[str, Any]:
        from anthropic.types.messages import MessageBatchIndividualResponse

        outcome = "canceled" if batch.cancelled else self.outcome(item["params"])
        result: dict[str, Any] = {"type": "errored" if outcome == "invalid" else outcome}
        if outcome == "succeeded":
            result["message"] = self._message(item["params"], batch=True)
        elif outcome in ("errored", "invalid"):
            result["error"] = _error_body(400 if outcome == "invalid" else 529, "no")
        line = MessageBatchIndividualResponse.model_validate({"custom_id": item["custom_id"], "result": result})
        return line.to_dict(mode="json")

    def _batch(self, batch: Batch) -> dict[str, Any]:
        from anthropic.types.messages import MessageBatch

        ended = batch.polls_left == 0 or batch.cancelled
        count = len(batch.requests)
        made = MessageBatch.model_validate(
            {
                "id": batch.id,
                "type": "message_batch",
                "processing_status": "ended" if ended else "in_progress",
                "request_counts": {
                    "processing": 0 if ended else count, "succeeded": count if ended else 0,
                    "errored": 0, "canceled": 0, "expired": 0,
                },
                "created_at": batch.created_at,
                "expires_at": batch.created_at + timedelta(hours=24),
                "results_url": f"{self.url}/v1/messages/batches/{batch.id}/results" if ended else None,
            }
        )  # fmt: skip
        return made.to_dict(mode="json")


_ID_CHARACTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def request_key(body: dict[str, Any]) -> str:
    """Identity of a question, direct, in a batch or in a group: model, facts and note."""
    profile, pair, *notes = (block["text"] for block in body["messages"][0]["content"])
    question = json.dumps(json.loads(pair), sort_keys=True)
    return hashlib.sha256("\0".join([body["model"], profile, question, *notes]).encode()).hexdigest()


class _Dropped(Response):
    """An answer that never arrives: the connection is closed after the status line."""

    def __init__(self) -> None:
        super().__init__(b"{", media_type="application/json")
        self.headers["content-length"] = "100000"


def _unknown_fields(body: dict[str, Any]) -> set[str]:
    """Fields that the SDK's type of the request does not have."""
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Params

    return set(body) - Params.__required_keys__ - Params.__optional_keys__


def _error_body(status: int, message: str) -> dict[str, Any]:
    from anthropic.types import ErrorResponse

    error = {"type": _ERROR_TYPES.get(status, "api_error"), "message": message}
    return ErrorResponse.model_validate({"type": "error", "error": error}).to_dict(mode="json")


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(_error_body(status, message), status, headers)
