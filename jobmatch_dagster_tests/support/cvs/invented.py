"""Ten invented CVs as files, each in another format or layout, and what must be read from each of them."""

from dataclasses import dataclass

from jobmatch_dagster_tests.support.cvs.formats import every_format
from jobmatch_dagster_tests.support.cvs.written import CV_FOLDER, read_cv


@dataclass(frozen=True)
class InventedCv:
    """A CV file, and the facts that a reader of it would note. `years` counts up to 2026-11-20."""

    name: str
    layout: str
    years: float | None
    skills: frozenset[str]
    languages: frozenset[str]
    industry: str | None = None

    @property
    def file(self) -> tuple[str, bytes]:
        """File name and content."""
        if self.layout == "as it is":
            (path,) = CV_FOLDER.glob(f"{self.name}.*")
            return path.name, path.read_bytes()
        return next(
            (file_name, content)
            for layout, file_name, content in every_format(read_cv(self.name))
            if layout == self.layout
        )


def _cv(
    name: str, layout: str, *, years: float | None, skills: str, languages: str, industry: str | None = None
) -> InventedCv:
    return InventedCv(name, layout, years, _set(skills), _set(languages), industry)


def _set(words: str) -> frozenset[str]:
    return frozenset(word for word in words.split(", ") if word)


INVENTED_CVS = (
    # Two jobs that overlap by four months, which count once.
    _cv("backend-developer", "PDF, two columns, row by row", years=8.8, industry="Software",
        skills="Python, Go, C++, .NET, R, Kubernetes", languages="German, English"),
    _cv("softwareentwicklerin", "DOCX, layout table", years=8.0, industry="Software",
        skills="Java, Spring Boot, SQL, Git", languages="German, English"),
    # A gap between two jobs.
    _cv("pflegefachkraft", "DOCX, rows of a table", years=9.9, industry="Healthcare",
        skills="Wundversorgung, Grundpflege, Praxisanleitung", languages="German, Polish"),
    _cv("bilanzbuchhalter", "PDF, dates in a column", years=22.3, industry="Finance & Accounting",
        skills="DATEV, SAP, Jahresabschluss, Controlling", languages="German, English"),
    # A message without headings and layout.
    _cv("lagerhelfer", "as it is", years=7.3, industry="Logistics",
        skills="Kommissionierung, Inventur, Gabelstapler", languages=""),
    _cv("teacher", "HTML with columns", years=10.9,
        skills="Classroom Management, Mathematics, Moodle", languages="English, German, French"),
    # Headings in spaced letters.
    _cv("elektroniker", "PDF", years=6.8, industry="Trades",
        skills="SPS-Programmierung, Siemens S7, AutoCAD", languages="German, English, Turkish"),
    # Headings in words of its own, columns marked by bars.
    _cv("marketing-manager", "DOCX, text boxes", years=8.6, industry="Marketing",
        skills="SEO, Copywriting, E-Commerce", languages="Spanish, English, German"),
    _cv("data-scientist", "as it is", years=7.2, industry="Data & Analytics",
        skills="Python, PyTorch, SQL, Git", languages="English, Arabic"),
    # Nobody employed this person yet; the periods are those of a school.
    _cv("graduate", "text in UTF-16", years=None, industry="Software",
        skills="TypeScript, React, Figma", languages="English, Vietnamese"),
)  # fmt: skip
