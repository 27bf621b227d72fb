"""Signs that a text is meant for a machine and not for the person who reads it.

Put here the screen alone: it reads text and names signs. What follows from a sign is decided in `pair_facts.py`: a
posting with one is judged by its structured fields, whatever the sign was. So a false alarm costs a little colour, a
miss meets a held score, an answer schema without tools, and quotes that are looked up.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

# Characters that show nothing: zero-width, soft hyphen, bidi controls, variation selectors, Unicode tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
# Marks that ordinary text has: soft hyphens, joiners, emoji selectors, byte-order marks that an editor left.
_ORDINARY_INVISIBLE = re.compile("\u00ad|\u200b|\u200c|\u200d|\u200e|\u200f|\u2060|\ufe0e|\ufe0f|\ufeff")
_HIDDEN_RUN = re.compile("[\u200b-\u200f\u2060-\u2064]{8,}")
_SPACED_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]){5,}[^\W\d_](?![^\W_])")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_SPACE = re.compile(r"\s+")

_OBJECT = (
    r"(?:all|any|every|each|the|your|these|those|my|other|of|and|or|system|prior|previous|preceding|earlier|above|former|foregoing|"
    r"past|existing|original|initial|given|current|safety)"
)
_RULES = r"(?:instructions?|rules?|prompts?|guidelines?|directions?|directives?|guardrails?|constraints?|commands?|context|orders|policies)"
_REGELN = (
    r"(?:anweisung(?:en)?|anleitung(?:en)?|regeln?|vorgaben?|instruktion(?:en)?|befehle?n?|richtlinien?|prompts?|systemvorgaben?|"
    r"einschränkungen)"
)
_VORIGE = (
    r"(?:alle[rnms]?|sämtliche[rnms]?|jegliche[rnms]?|die|der|den|deine[rnms]?|ihre[rnms]?|diese[rnms]?|bisherige[rnms]?|vorherige[rnms]?|"
    r"vorangegangene[rnms]?|vorigen?|obige[rnms]?|früheren?|bestehenden?|ursprünglichen?|eigentlichen?|gegebenen?|oben genannten|und|oder)"
)
_MACHINE = (
    r"(?:ai|a\.i\.|ki|llm|llms|large language models?|language models?|sprachmodelle?|gpt(?:-?\d\w*)?|chatgpt|claude|gemini|copilot|"
    r"chat ?bots?|bots?|assistants?|assistent(?:en|in)?|artificial intelligence|künstliche intelligenz)"
)
_SCORE = r"(?:scores?|ratings?|match(?:ing)?[ -]?scores?|claude_score|punktzahl|bewertung|wertung|punkte|match_reasoning|übereinstimmung)"

# Matched on text in lower case, NFKC, without invisible characters, white space levelled.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("overrides_instructions", rf"\b(?:ignore|disregard|forget|override|overrule|bypass|neglect|discard|drop|do not (?:follow|obey)|don'?t (?:follow|obey)|"
                               rf"stop following|pay no attention to|set aside|skip)\b(?: {_OBJECT}){{1,6}} {_RULES}\b"),
    ("overrides_instructions", r"\b(?:ignore|disregard|forget) (?:everything|anything|all|what(?:ever)?) (?:that |which )?(?:you |was |were |has |had |been )*"
                               r"(?:above|before|so far|told|said|instructed|previously|learned|read)\b"),
    ("overrides_instructions", r"\b(?:ignoriere?n?|missachten?|vergiss|vergessen sie|verwirf|verwerfen sie|übergehen?|beachten? (?:sie )?nicht|"
                               rf"setze?n? (?:sie )?außer kraft|überschreiben?|umgehen?)\b(?: sie| bitte| du| jetzt| ab sofort)*(?: {_VORIGE}){{1,6}} {_REGELN}\b"),
    ("overrides_instructions", r"\b(?:ignoriere?n?|vergiss|vergessen)(?: sie| bitte)* (?:alles|was)\b.{0,40}\b(?:davor|oben|bisher|vorher|zuvor|gesagt|gelernt|steht)\b"),
    ("overrides_instructions", rf"\b(?:previous|prior|above|earlier|original|bisherigen?|vorherigen?|obigen?) (?:{_RULES}|{_REGELN}) (?:are|is|were|sind|ist|gelten|werden)? ?"
                               r"(?:now |nicht mehr|no longer|hereby|void|null|cancel\w*|obsolete|superseded|outdated|revoked|aufgehoben|ungültig|hinfällig|außer kraft)"),
    ("addresses_a_machine", rf"\b(?:rules?|instructions?|notes?|notice|message|attention|important|hinweise?|anweisung(?:en)?|regeln?|nachricht|wichtig|achtung|mitteilung)"
                            rf"\b[^.\n]{{0,30}}\b(?:for|to|an|für)\b (?:the |any |all |every |die |den |das |alle |jede[sn]? )?{_MACHINE}\b"),
    ("addresses_a_machine", rf"\b(?:attention|dear|hey|hello|achtung|liebe[rs]?|hallo),? (?:the |any |all |alle )?{_MACHINE}\b[:,!]"),
    ("addresses_a_machine", rf"\b(?:if|falls|wenn|sofern)\b (?:you|du|sie) (?:are|bist|sind|ein|eine|an?|is|the|reading|dies|als|this|das|text|hier|lesen|liest|eine?n?| )*"
                            rf"{_MACHINE}\b"),
    ("addresses_a_machine", rf"\b(?:you are|you're|act as|behave as|pretend to be|du bist|sie sind|verhalte dich wie|agiere als|tu so,? als)\b "
                            rf"(?:now |jetzt |nun |ab sofort )?(?:an? |the |ein(?:e|en)? |als )?(?:\w+ ){{0,2}}{_MACHINE}(?= ?[,.;:!]| (?:that|and|who|which|with|without|tasked|der|die|das|und|ohne)\b|$)"),
    ("addresses_a_machine", rf"\b(?:as|als) (?:an? |the |eine? )?{_MACHINE}(?: \w+)?,? (?:you|your|du|sie|musst|müssen)\b"),
    ("addresses_a_machine", rf"\b(?:any |all |every |jede[rs]? |alle )?{_MACHINE}(?: \w+){{0,3}} (?:reading|processing|parsing|evaluating|scoring|screening|that reads?|who reads?|"
                            r"must|shall|has to|is required to|is instructed|wird angewiesen|muss|müssen|soll(?:en)?|liest|lesen|die dies|der dies)\b"),
    ("asks_for_a_score", rf"\b(?:set|give|assign|return|output|award|make|report|rate|score|put|grant|respond with|answer with|reply with)\b[^.\n]{{0,60}}\b{_SCORE}\b[^.\n]{{0,25}}"
                         r"\b(?:100|9\d|ten|hundred|maximum|max|highest|perfect|full)\b"),
    ("asks_for_a_score", r"\b(?:set|give|assign|award|rate|score|grant)\b[^.\n]{0,50}\b(?:100|9\d)(?: ?%| points| percent| out of 100|/100)"
                         r"(?=[^.\n]{0,40}\b(?:match|fit|candidate|applicant|job|posting|position|ad|pair|score)|[^.\n]{0,5}$)"),
    ("asks_for_a_score", rf"\b(?:setze?n?|gib|geben|vergib|vergeben|bewerte?n?|liefere|trage|antworte?n?|stufe)\b[^.\n]{{0,60}}(?:\b{_SCORE}\b[^.\n]{{0,30}})?"
                         r"\b(?:100|9\d|hundert|maximale?\w*|volle\w*|höchste\w*|bestmögliche\w*)\b(?=[^.\n]{0,40}(?:punkt|prozent|%|bewert|score|wertung|als perfekt|$))"),
    ("asks_for_a_score", rf"\b(?:claude_score|match_reasoning|key_alignments|potential_gaps|{_SCORE} ?(?:must|has to|should|muss|soll) (?:be|sein))\b"),
    ("asks_for_a_score", r"\b(?:rate|rank|recommend|classify|mark|treat|consider|evaluate|bewerte|empfiehl|stufe|behandle|markiere|betrachte)\w*\b[^.\n]{0,40}\b(?:this|the|that|diese\w*|die|den|das)\b"
                         r"[^.\n]{0,25}\b(?:job|posting|position|ad|candidate|applicant|profile|resume|cv|stelle|stellenanzeige|anzeige|kandidat\w*|bewerber\w*|profil|lebenslauf)\b"
                         r"[^.\n]{0,25}\b(?:as|als|with|mit|to|an)\b[^.\n]{0,20}\b(?:perfect|perfekt\w*|best|beste\w*|highest|höchste\w*|ideal\w*|top|maximum|excellent|hired|first|erste\w*|strongest|passend\w*|hervorragend\w*)\b"),
    ("asks_for_a_word", r"\b(?:mention|include|use|write|add|say|put|start with|begin with|nenne\w*|erwähne\w*|schreibe\w*|verwende\w*|füge\w*)\b[^.\n]{0,25}\b(?:the |das |den )?(?:words?|phrase|code ?word|keyword|wort|codewort|kennwort|stichwort|satz)\b"
                        r"[^.\n]{0,10}[\"'*“„«‚:][^.\n]{2,80}"),
    ("asks_for_a_word", r"\bmention the words?\b"),
    ("asks_for_secrets", r"\b(?:reveal|print|show|output|repeat|disclose|leak|dump|send|tell me|give me|zeige?|verrate?|gib|gebe?|nenne|wiederhole|drucke|offenbare)\b[^.\n]{0,40}\b"
                         r"(?:system ?prompts?|hidden prompts?|initial prompts?|your (?:instructions|prompt|rules|guidelines)|deine?n? (?:anweisungen|systemprompt|regeln|prompt)|"
                         r"api[ -]?keys?|api[ -]?schlüssel|environment variables|umgebungsvariablen|secrets?|passwords? of|users'? (?:data|profile))\b"),
    ("plays_a_role", r"\b(?:developer|debug|god|jailbreak|dan|admin(?:istrator)?|root|maintenance|test|override|wartungs|entwickler)[ -]?(?:mode|modus)\b[^.\n]{0,30}\b"
                     r"(?:enabled|activated|on|active|aktiv\w*|ein|enter|now|unrestricted)\b|\b(?:enter|activate|enable|switch to|aktiviere|wechsle in(?: den)?)\b[^.\n]{0,15}\b"
                     r"(?:developer|debug|god|jailbreak|dan|admin|root|override|entwickler|wartungs)[ -]?(?:mode|modus)\b"),
    ("plays_a_role", r"\b(?:new|updated|revised|additional|real|true|actual|secret|neue|aktualisierte|zusätzliche|geänderte|eigentliche|geheime) (?:system )?(?:instructions?|prompt|task|rules?|directive|anweisung(?:en)?|"
                     r"aufgabe|regeln?|systemanweisung(?:en)?|instruktion(?:en)?)\b ?(?:for you|für dich|from the (?:developer|system|operator|admin)|von (?:dem |den )?(?:system|entwickler\w*|betreiber\w*))?[:=]"),
    ("plays_a_role", r"(?:^|[\n>.!?\]] ?)(?:\*\*)?(?:system|assistant|human|user|developer|systemnachricht|system message|system override|end of (?:posting|data|document|job ad)|ende der (?:anzeige|daten|stellenanzeige))(?:\*\*)?\s*:"
                     r"\s*(?:you|your|ignore|set|the|new|from|du|ab|setze|alle|neue|sie|i|sure|understood|this|always|override|verstanden|claude_score|score)\b"),
    ("plays_a_role", r"<\|?/?(?:im_start|im_end|system|endoftext|eot_id|start_header_id|assistant|human|instructions?|s|inst)\|?>|\[/?inst\]|\[/?system\]|###+ ?(?:system|instructions?|anweisung|response|new task|neue aufgabe)\b|"
                     r"\b(?:end_turn|stop_reason|tool_use|function_call)\b|</?(?:posting|profile|match_analysis)>"),
    ("plays_a_role", r"[\"']?(?:claude_score|match_score|score)[\"']?\s*:\s*(?:100|9\d)\b"),
    ("hidden_markup", r"<!--|<(?:script|style|template|noscript)\b|(?:display|visibility)\s*:\s*(?:none|hidden)|font-size\s*:\s*0|opacity\s*:\s*0(?:\D|$)|"
                      r"(?<!background-)color\s*:\s*(?:white|#fff(?:fff)?\b|transparent|rgba?\(255, ?255, ?255)|text-indent\s*:\s*-\d{3,}|aria-hidden\s*=|\bhidden(?:=[\"'](?:hidden|true)?[\"'])? ?>"),
)  # fmt: skip
_COMPILED = [(name, re.compile(pattern)) for name, pattern in _PATTERNS]


def signs(text: str | None) -> tuple[str, ...]:
    """Names of the signs in a text, each once, in a fixed order; empty for a text that is free of them.

    `overrides_instructions`, `addresses_a_machine`, `asks_for_a_score`, `asks_for_a_word`, `asks_for_secrets`,
    `plays_a_role`, `hidden_markup`, `hidden_characters`. English and German; also spelled with gaps, in look-alike
    letters, and in base64.
    """
    if not text:
        return ()
    found = {name for form in _forms(text) for name, pattern in _COMPILED if pattern.search(form)}
    if _HIDDEN_RUN.search(text) or _INVISIBLE.search(_ORDINARY_INVISIBLE.sub("", text)):
        found.add("hidden_characters")
    return tuple(sorted(found))


def visible(text: str) -> str:
    """The text without characters that show nothing."""
    return _INVISIBLE.sub("", text)


def _forms(text: str) -> Iterator[str]:
    """The text as it is searched: levelled, and with what is spelled apart or encoded in it."""
    level = _level(text)
    yield level
    joined = _SPACED_LETTERS.sub(lambda run: re.sub(r"[ .\-_*]", "", run[0]), level)
    if joined != level:
        # Words that were spelled apart have lost the gaps between them.
        yield joined
        yield re.sub(r"(ignore|disregard|forget|ignoriere|vergiss|all|alle|previous|bisherigen?)(?=\w)", r"\1 ", joined)
    for blob in _BASE64.findall(text):
        decoded = _decoded(blob)
        if decoded:
            yield _level(decoded)


# Letters of other scripts that look like Latin ones (Unicode confusables, the common ones).
_LOOK_ALIKES = str.maketrans("аеіјорсухѕһԁԛԝοανικτρ", "aeijopcyxshdqwoaviktp")


def _level(text: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(_tags_read(text))).casefold().translate(_LOOK_ALIKES)
    return "\n".join(_SPACE.sub(" ", line).strip() for line in plain.split("\n"))


def _tags_read(text: str) -> str:
    """Unicode tags (U+E0020..7E) as the ASCII characters that they stand for."""
    return "".join(chr(ord(c) - 0xE0000) if 0xE0020 <= ord(c) <= 0xE007E else c for c in text)


def _decoded(blob: str) -> str:
    try:
        text = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return text if text.isprintable() else ""
