"""The approximate tokens of a request to Claude, and how many of them come from the prompt cache.

For the benchmark and the local Claude server of the tests: the SDK has no tokenizer. Real runs read `usage`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Letters in groups of five, digits in groups of three, each sign alone: 3 to 4 characters a token, and more tokens for
# German than for English. Good enough for ratios between prompts, not for bills.
_PIECE = re.compile(r"[^\W\d_]{1,5}|\d{1,3}|[^\w\s]|_")
# A shorter prefix is not cached (platform documentation: 512 tokens for Haiku 5.5).
MIN_CACHED_TOKENS = 512
# Tokens of thinking before an answer, by effort. With an answer of 300 tokens the output is 450 at low effort and 1,500
# by default.
THINKING_TOKENS: Mapping[str | None, int] = {"low": 150, None: 1_200}


def count_text(text: str) -> int:
    """Tokens of a text."""
    return sum(1 for _ in _PIECE.finditer(text))


@dataclass
class PromptCache:
    """The cached prefixes. None expires: a run is shorter than the cache's five minutes."""

    cached: set[str] = field(default_factory=set)

    def usage(self, params: Mapping[str, Any], answer: str) -> dict[str, Any]:
        """`usage` as the API reports it: tokens read from the cache, tokens written to it, and the rest."""
        total = read = written = 0
        ttl = "5m"
        prefix = hashlib.sha256(str(params.get("model")).encode())
        new = []
        for text, tokens, cache_control in _blocks(params):
            total += tokens
            prefix.update(text.encode())
            if cache_control is None or total < MIN_CACHED_TOKENS:
                continue
            ttl = cache_control.get("ttl", "5m")
            key = prefix.hexdigest()
            if key in self.cached:
                read = total
            else:
                new.append((key, total))
        if new:
            written = new[-1][1] - read
            self.cached.update(key for key, _ in new)
        effort = (params.get("output_config") or {}).get("effort")
        off = (params.get("thinking") or {}).get("type") == "disabled"
        thinking = 0 if off else THINKING_TOKENS.get(effort, THINKING_TOKENS[None])
        return {
            "input_tokens": total - read - written,
            "output_tokens": count_text(answer) + thinking,
            "output_tokens_details": {"thinking_tokens": thinking},
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written if ttl == "5m" else 0,
                "ephemeral_1h_input_tokens": written if ttl == "1h" else 0,
            },
        }


def _blocks(params: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any] | None]]:
    """Text, tokens and cache mark of each block, in the order in which the API builds its prefix."""
    schema = (params.get("output_config") or {}).get("format")
    if schema:
        text = json.dumps(schema)
        yield text, count_text(text), None
    contents = [params.get("system") or [], *(message["content"] for message in params.get("messages") or [])]
    for content in contents:
        blocks: list[dict[str, Any]] = [{"text": content}] if isinstance(content, str) else content
        for block in blocks:
            yield block["text"], count_text(block["text"]), block.get("cache_control")
