"""Periods in every form of date, language and separator; and numbers that are no dates."""

from collections.abc import Callable
from datetime import date
from time import process_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobmatch_dagster.core.profiles.cv.tenure.periods import Span, find_periods, union_months
from jobmatch_dagster.core.profiles.document_text import plain_text

_TODAY = date(2026, 9, 15)
_MONTHS = {
    language: names.split()
    for language, names in {
        "English": "January February March April May June July August September October November December",
        "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    }.items()
}
_SHORT_MONTHS = {
    language: names.split()
    for language, names in {
        "English": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
        "German": "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "French": "janv févr mars avr mai juin juil août sept oct nov déc",
    }.items()
}

# A date of a year, month and day, in a language.
_Form = Callable[[int, int, int, str], str]
_NAMED: dict[str, _Form] = {
    "March 2018": lambda y, m, d, lang: f"{_MONTHS[lang][m - 1]} {y}",
    "MARCH 2018": lambda y, m, d, lang: f"{_MONTHS[lang][m - 1].upper()} {y}",
    "March, 2018": lambda y, m, d, lang: f"{_MONTHS[lang][m - 1]}, {y}",
    "Mar 2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]} {y}",
    "Mar. 2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}. {y}",
    "Mar2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}{y}",
    "Mar-2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}-{y}",
    "Mar/2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}/{y}",
    "Mar-18": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}-{y % 100:02}",
    "Mar 18": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]} {y % 100:02}",
    "Mar '18": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]} '{y % 100:02}",
    "Mar’18": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}’{y % 100:02}",
    "2018 March": lambda y, m, d, lang: f"{y} {_MONTHS[lang][m - 1]}",
    "2018, March": lambda y, m, d, lang: f"{y}, {_MONTHS[lang][m - 1]}",
    "15 March 2018": lambda y, m, d, lang: f"{d} {_MONTHS[lang][m - 1]} {y}",
    "15. March 2018": lambda y, m, d, lang: f"{d}. {_MONTHS[lang][m - 1]} {y}",
    "15th March 2018": lambda y, m, d, lang: f"{d}th {_MONTHS[lang][m - 1]} {y}",
    "15-Mar-2018": lambda y, m, d, lang: f"{d}-{_SHORT_MONTHS[lang][m - 1]}-{y}",
    "March 15, 2018": lambda y, m, d, lang: f"{_MONTHS[lang][m - 1]} {d}, {y}",
    "Mar. 15th, 2018": lambda y, m, d, lang: f"{_SHORT_MONTHS[lang][m - 1]}. {d}th, {y}",
}
_NUMBERED: dict[str, _Form] = {
    "03/2018": lambda y, m, d, lang: f"{m:02}/{y}",
    "3/2018": lambda y, m, d, lang: f"{m}/{y}",
    "03 / 2018": lambda y, m, d, lang: f"{m:02} / {y}",
    "03.2018": lambda y, m, d, lang: f"{m:02}.{y}",
    "03-2018": lambda y, m, d, lang: f"{m:02}-{y}",
    "03 2018": lambda y, m, d, lang: f"{m:02} {y}",
    "03/18": lambda y, m, d, lang: f"{m:02}/{y % 100:02}",
    "3/18": lambda y, m, d, lang: f"{m}/{y % 100:02}",
    "03.18": lambda y, m, d, lang: f"{m:02}.{y % 100:02}",
    "2018-03": lambda y, m, d, lang: f"{y}-{m:02}",
    "2018/03": lambda y, m, d, lang: f"{y}/{m:02}",
    "2018 / 03": lambda y, m, d, lang: f"{y} / {m:02}",
    "2018.03": lambda y, m, d, lang: f"{y}.{m:02}",
    "15.03.2018": lambda y, m, d, lang: f"{d}.{m:02}.{y}",
    "15. 03. 2018": lambda y, m, d, lang: f"{d}. {m:02}. {y}",
    "15.3.18": lambda y, m, d, lang: f"{d}.{m}.{y % 100:02}",
    "15/03/2018": lambda y, m, d, lang: f"{d}/{m:02}/{y}",
    "15/03/18": lambda y, m, d, lang: f"{d}/{m:02}/{y % 100:02}",
    "03/15/2018": lambda y, m, d, lang: f"{m:02}/{d}/{y}",
    "15-03-2018": lambda y, m, d, lang: f"{d}-{m:02}-{y}",
    "2018-03-15": lambda y, m, d, lang: f"{y}-{m:02}-{d}",
    "2018/03/15": lambda y, m, d, lang: f"{y}/{m:02}/{d}",
    "2018-03-15T00:00:00.000Z": lambda y, m, d, lang: f"{y}-{m:02}-{d}T00:00:00.000Z",
    "2018-03-15T08:30:00+01:00": lambda y, m, d, lang: f"{y}-{m:02}-{d}T08:30:00+01:00",
}
_FORMS = _NAMED | _NUMBERED
# The soft hyphen is what some PDFs have for a dash; `plain_text` removes it.
_SEPARATORS = (
    " - ", "-", " – ", "–", " — ", "—", " ― ", " ‒ ", " − ", " -- ", " ~ ", "~", " → ", " -> ", " ➔ ", " … ", " ... ",
    " | ", " \u00ad ",
    " –\n", "\n– ", " to ", " till ", " until ", " through ", " up to ", " bis ", " bis zum ", " bis einschließlich ",
    " - bis ",
    " à ", " au ", ", to ", ") - (", " To: ", "\nTo: ", " Bis: ", " | End: ", " End date: ", ", Ende: ",
    " – Austritt: ",
)  # fmt: skip


def _spans(text: str) -> list[Span]:
    return [period.span for period in find_periods(plain_text(text), today=_TODAY)]


def _month(year: int, month: int) -> int:
    return year * 12 + month - 1


@pytest.mark.parametrize("form", _FORMS)
def test_a_period_is_read_in_every_form(form: str) -> None:
    write, languages = _FORMS[form], _MONTHS if form in _NAMED else ("English",)
    texts = [
        f"{write(2018, 3, 15, language)}{separator}{write(2021, 2, 28, language)}"
        for language in languages
        for separator in _SEPARATORS
    ]
    wrong = [text for text in texts if _spans(text) != [(_month(2018, 3), _month(2021, 3))]]
    assert not wrong


@pytest.mark.parametrize(
    "line",
    [
        "• {}", "({})", "[{}]", "*{}*", "_{}_", "**{}**", "{}:", "{} Developer, Kranich AG",
        "Developer, Kranich AG, {}",
        "Developer | Kranich AG | {}", "{} | Developer", "📅 {} 📍 Berlin", "Period: {}", "Zeitraum: {}", "from {}",
        "von {}", "du {}",
        "Kranich AG ({})", "Kranich AG, {}, Berlin", "1. {} Developer", "{}, 40 h", "{} (3 years)",
    ],
)  # fmt: skip
def test_a_period_is_read_at_every_place_of_a_line(line: str) -> None:
    wrong = [
        text
        for form in ("March 2018", "15. March 2018", "03/2018", "15.03.2018", "2018-03")
        for separator in (" - ", "–", " bis ")
        for text in [
            line.format(f"{_FORMS[form](2018, 3, 15, 'German')}{separator}{_FORMS[form](2021, 2, 28, 'German')}")
        ]
        if _spans(text) != [(_month(2018, 3), _month(2021, 3))]
    ]
    assert not wrong


@given(
    form=st.sampled_from(sorted(_FORMS)),
    language=st.sampled_from(sorted(_MONTHS)),
    separator=st.sampled_from(_SEPARATORS),
    months=st.tuples(st.integers(_month(1970, 1), _month(2026, 9)), st.integers(0, 20 * 12)),
    days=st.tuples(st.integers(13, 28), st.integers(13, 28)),
)
def test_any_months_are_read_back(
    form: str, language: str, separator: str, months: tuple[int, int], days: tuple[int, int]
) -> None:
    start, last = months[0], months[0] + months[1]
    assume(last <= _month(2026, 9))
    text = separator.join(
        _FORMS[form](month // 12, month % 12 + 1, day, language) for month, day in zip((start, last), days, strict=True)
    )
    # Two dates of one month are the same month written twice.
    assert _spans(text) == [(start, last + 1)], text


@pytest.mark.parametrize(
    "word",
    [
        "present", "now", "today", "current", "currently", "date", "ongoing", "still", "heute", "jetzt", "aktuell",
        "laufend", "lfd.", "fortlaufend", "dato", "Gegenwart", "gegenwärtig", "andauernd",
        "derzeit", "zurzeit", "aujourd’hui", "maintenant", "NOW", "Present", "the present", "till date", "to date",
        "to till the date", "bis heute", "bis dato", "z. Zt.", "zur Zeit", "ce jour", "en cours",
    ],
)  # fmt: skip
def test_a_period_to_today_ends_this_month(word: str) -> None:
    wrong = [
        text
        for form in _FORMS
        for separator in (" - ", "-", " – ", "–", " — ", " → ", " ~ ", " bis ", " to ", " –\n")
        for text in [f"{_FORMS[form](2018, 3, 15, 'English')}{separator}{word}"]
        if form not in {"03 2018", "03.18"} and _spans(text) != [(_month(2018, 3), _month(2026, 10))]
    ]
    assert not wrong


@pytest.mark.parametrize(
    "text",
    [
        "since {}", "Since {}: Developer", "seit {}", "seit dem {}", "Seit {} tätig", "ab {}", "depuis {}", "From {}",
        "{} –", "{} -", "Developer, {} –",
        "{} onwards", "{} bis", "({} –)",
    ],
)  # fmt: skip
def test_a_period_without_an_end_is_open(text: str) -> None:
    written = [_FORMS[form](2018, 3, 15, "German") for form in _FORMS if form not in {"03 2018", "03.18"}]
    wrong = [line for line in map(text.format, written) if _spans(line) != [(_month(2018, 3), _month(2026, 10))]]
    assert not wrong


@pytest.mark.parametrize("language", _MONTHS)
@pytest.mark.parametrize("months", [(5, 8), (1, 12), (11, 2)])
def test_a_range_within_one_year_is_read(language: str, months: tuple[int, int]) -> None:
    first, last = (_MONTHS[language][month - 1] for month in months)
    start = _month(2018 if months[0] < months[1] else 2017, months[0])
    texts = [f"{first}{separator}{last} 2018" for separator in (" - ", " – ", "–", "-", " bis ", " to ", " à ", " → ")]
    assert [_spans(text) for text in texts] == [[(start, _month(2018, months[1]) + 1)]] * len(texts)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("June 15 - August 30, 2019", (2019, 6), (2019, 8)),
        ("15 June - 30 August 2019", (2019, 6), (2019, 8)),
        ("15.06. - 30.08.2019", (2019, 6), (2019, 8)),
        ("06 - 08/2019", (2019, 6), (2019, 8)),
        ("06.-08.2019", (2019, 6), (2019, 8)),
        ("2019: Juni – August", (2019, 6), (2019, 8)),
        ("2019 (Jun - Aug)", (2019, 6), (2019, 8)),
        ("Sep 15 - Aug 17", (2015, 9), (2017, 8)),
        ("Q2 2018 - Q3 2019", (2018, 4), (2019, 9)),
        ("Q2/2018 – Q3/2019", (2018, 4), (2019, 9)),
        ("2018 Q2 - 2019 Q3", (2018, 4), (2019, 9)),
        ("Q2 – Q3 2019", (2019, 4), (2019, 9)),
        ("2. Quartal 2018 bis 3. Quartal 2019", (2018, 4), (2019, 9)),
        ("H1 2018 - H2 2019", (2018, 1), (2019, 12)),
        ("Summer 2018 - Fall 2019", (2018, 6), (2019, 11)),
        ("Frühjahr 2018 – Herbst 2018", (2018, 3), (2018, 11)),
        ("printemps 2018 à automne 2019", (2018, 3), (2019, 11)),
        ("Spring - Fall 2018", (2018, 3), (2018, 11)),
        ("Anfang 2018 bis Ende 2019", (2018, 1), (2019, 12)),
        ("mid-2018 to early 2020", (2018, 7), (2020, 1)),
        ("between March 2018 and May 2019", (2018, 3), (2019, 5)),
        ("zwischen März 2018 und Mai 2019", (2018, 3), (2019, 5)),
        ("Q3 2019", (2019, 7), (2019, 9)),
        ("Sommer 2019", (2019, 6), (2019, 8)),
        ("03/2018", (2018, 3), (2018, 3)),
        ("March 2018", (2018, 3), (2018, 3)),
        ("01/03/2018 - 01/12/2018", (2018, 3), (2018, 12)),
        ("12/01/2018 - 03/01/2019", (2018, 12), (2019, 3)),
        ("03/01/2018 - 06/30/2018", (2018, 3), (2018, 6)),
        ("2018-03/2019-02", (2018, 3), (2019, 2)),
        ("Jan 2020 – Jan 2031", (2020, 1), (2026, 9)),
    ],
)
def test_short_forms_mean_these_months(text: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert _spans(text) == [(_month(*first), _month(*last) + 1)]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2016 - 2018", 24), ("2016–2018", 24), ("2016-18", 24), ("2016 – 18", 24), ("'16 - '18", 24), ("’16–’18", 24),
        ("2016 to 2018", 24),
        ("2016/2018", 24), ("2016 | 2018", 24), ("2017/18", 12), ("2017/2018", 12), ("2010-11", 12),
        ("2016/17 – 2018/19", 36), ("2018", 6), ("2018 - 2018", 6),
        ("2003-08", 1), ("From To\n2016 2018 Kranich AG", 24), ("Firma Von Bis\nKranich AG 2016 2018", 24),
    ],
)  # fmt: skip
def test_years_count_from_middle_to_middle(text: str, months: int) -> None:
    assert union_months(_spans(text)) == months


@pytest.mark.parametrize(
    "text",
    [
        "+49 171 2018 2019", "0171 2015-2019", "030 / 2015 - 2019", "ISO 9001:2008-2015", "v2018-2021",
        "SQL2000 - SQL2008", "Access2007", "24/7 support", "10.15 - 11.45",
        "10 to 24/2012", "5-7 years", "3 - 5 people", "in 2018 - 20 employees", "born 15.06.1990", "15 June 2019",
        "June 15, 2019", "2019-06-15", "13/2018 - 14/2019",
        "from 2008. Numerous cases", "bis 2018", "1/2 - 3/4", "100 - 200", "2031 - 2035", "since 2031", "ab 01/2031",
        "2018 2021 Kranich AG", "page 1 / 2", "A1 – B2", "$60-80k",
    ],
)  # fmt: skip
def test_other_numbers_are_no_period(text: str) -> None:
    assert _spans(text) == []


def test_periods_of_several_lines_are_all_read() -> None:
    text = "Developer\n01/03/2018 – 28/02/2021\n\nTester\n15/06/2010 - 30/08/2017\nseit 03/2021 Lead"
    assert [end - start for start, end in _spans(text)] == [36, 87, 67]


@pytest.mark.parametrize(
    "piece", ["1 ", "2018", "2018 - ", "2018 - 2020\n", "03/2018 - ", "May - ", "'", "since the ", "from to\n", "-\n"]
)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    started = process_time()
    find_periods(piece * (50_000 // len(piece)), today=_TODAY)
    assert process_time() - started < 5
