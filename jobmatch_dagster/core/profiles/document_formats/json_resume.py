"""JSON Resume (jsonresume.org), written out as a CV with headings and dates."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.profiles.document_limits import UnreadableDocument, bounded

_RESUME_KEYS: Mapping[str, type] = {"basics": dict, "work": list, "skills": list, "education": list}
_PRESENT = "present"
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T")


def read_json_resume(text: str) -> str:
    """A JSON Resume as the lines of a CV.

    Raises:
        UnreadableDocument: if it is no JSON, or JSON of another kind.
    """
    try:
        resume: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocument("broken: it begins like JSON, but is not complete") from error
    if isinstance(resume, dict) and (other := _other_format(resume)):
        raise UnreadableDocument(f"an export of {other}: export it as JSON Resume or PDF")
    if not isinstance(resume, dict) or not any(
        isinstance(resume.get(key), kind) and resume[key] for key, kind in _RESUME_KEYS.items()
    ):
        raise UnreadableDocument("JSON, but not a JSON Resume, which has basics, work, skills or education")
    return "\n".join(bounded(_resume_lines(resume)))


def _other_format(resume: JsonObject) -> str | None:
    """The name of another format for CVs that is JSON, too."""
    if isinstance(resume.get("sections"), dict) and isinstance(resume.get("basics"), dict):
        return "Reactive Resume"
    if str(_object(resume, "meta").get("format", "")).startswith("FRESH") or isinstance(resume.get("employment"), dict):
        return "FRESH"
    return None


def _resume_lines(resume: JsonObject) -> Iterator[str]:
    basics = _object(resume, "basics")
    place = _object(basics, "location")
    yield from _filled(basics.get("name"), basics.get("label"))
    if city := _joined(", ", place.get("city"), place.get("region"), place.get("countryCode")):
        yield f"Location: {city}"
    if summary := _joined(" ", basics.get("summary")):
        yield from ("", "Summary", summary)
    for heading, key in (("Work experience", "work"), ("Volunteering", "volunteer"), ("Projects", "projects")):
        entries = _entries(resume, key)
        yield from ("", heading) if entries else ()
        for entry in entries:
            yield from _occupation_lines(entry)
    yield from _section(resume, "education", "Education", _education_line)
    yield from _section(resume, "skills", "Skills", _skill_line)
    yield from _section(
        resume, "languages", "Languages", lambda e: _joined(" - ", e.get("language") or e.get("name"), e.get("fluency"))
    )
    yield from _section(
        resume, "certificates", "Certificates", lambda e: _joined(", ", e.get("name"), e.get("issuer"), e.get("date"))
    )


def _section(resume: JsonObject, key: str, heading: str, line_of: Callable[[JsonObject], str]) -> Iterator[str]:
    lines = [line for entry in _entries(resume, key) if (line := line_of(entry))]
    if lines:
        yield from ("", heading, *lines)


def _occupation_lines(entry: JsonObject) -> Iterator[str]:
    role = entry.get("position") or _joined(", ", *_strings(entry.get("roles")))
    firm = entry.get("name") or entry.get("company") or entry.get("organization") or entry.get("entity")
    yield ""
    yield _joined(" - ", role, firm)
    yield from _filled(_dates(entry), entry.get("description"), entry.get("summary"))
    yield from (f"• {text}" for text in _strings(entry.get("highlights")))
    if keywords := _strings(entry.get("keywords")):
        yield "Technologies: " + ", ".join(keywords)


def _education_line(entry: JsonObject) -> str:
    return _joined(", ", entry.get("studyType"), entry.get("area"), entry.get("institution"), _dates(entry))


def _skill_line(entry: JsonObject) -> str:
    return _joined(": ", entry.get("name"), ", ".join(_strings(entry.get("keywords"))))


def _dates(entry: JsonObject) -> str:
    start, end = _day(entry.get("startDate")), _day(entry.get("endDate"))
    return _joined(" - ", start, end or _PRESENT) if start else ""


def _day(value: JsonValue) -> JsonValue:
    """A date without its time: "2018-03-01T00:00:00.000Z"."""
    return value.partition("T")[0] if isinstance(value, str) and _TIMESTAMP.match(value) else value


def _object(parent: JsonObject, key: str) -> JsonObject:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _entries(resume: JsonObject, key: str) -> list[JsonObject]:
    """The objects of a list; a bare text is an object that has it as its name."""
    values = resume.get(key)
    found = [values] if isinstance(values, str) else values
    if not isinstance(found, list):
        return []
    return [entry if isinstance(entry, dict) else {"name": entry} for entry in found if isinstance(entry, dict | str)]


def _strings(values: JsonValue) -> list[str]:
    return list(_filled(*values)) if isinstance(values, list) else []


def _filled(*values: JsonValue) -> Iterator[str]:
    return (value.strip() for value in values if isinstance(value, str) and value.strip())


def _joined(separator: str, *values: JsonValue) -> str:
    return separator.join(_filled(*values))
