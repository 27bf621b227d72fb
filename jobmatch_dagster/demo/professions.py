"""The data of the generated corpus: professions, towns, companies. Only the names of the towns are real.

`corpus.py` generates the postings from it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profession:
    """A profession of the demo market. Skills are the vendor's English `ai_key_skills`."""

    title_en: str
    title_de: str
    industries: tuple[str, ...]
    skills: tuple[str, ...]
    tasks: tuple[str, ...]
    tasks_de: tuple[str, ...]
    yearly_eur: int
    german_share: float


PROFESSIONS: tuple[Profession, ...] = (
    Profession(
        "Python Backend Developer", "Python-Backend-Entwickler", ("Technology", "Software", "Engineering"),
        ("Python", "Django", "FastAPI", "PostgreSQL", "Docker", "REST APIs", "Git", "AWS", "Microservices", "CI/CD",
         "Redis", "Kubernetes", "SQL", "Agile"),
        ("design and build backend services", "improve the reliability of our APIs", "review code with the team"),
        ("Du entwickelst Backend-Dienste", "Du verbesserst die Zuverlässigkeit unserer Schnittstellen"), 65_000, .45,
    ),
    Profession(
        "Data Engineer", "Data Engineer", ("Data & Analytics", "Technology", "Software"),
        ("Python", "SQL", "ETL", "Apache Spark", "Apache Airflow", "Data Warehousing", "Snowflake", "dbt", "Kafka", "AWS",
         "Data Modeling", "Databricks", "Docker"),
        ("build and run data pipelines", "model the data warehouse", "keep data quality under watch"),
        ("Du baust und betreibst Datenpipelines", "Du modellierst unser Data Warehouse"), 68_000, .4,
    ),
    Profession(
        "Data Scientist", "Data Scientist", ("Data & Analytics", "Technology", "Science & Research"),
        ("Python", "Machine Learning", "Statistics", "SQL", "scikit-learn", "Deep Learning", "pandas", "Data Visualization",
         "Natural Language Processing", "TensorFlow", "A/B Testing", "Communication"),
        ("develop predictive models", "bring models into production", "explain results to product teams"),
        ("Du entwickelst Vorhersagemodelle", "Du bringst Modelle in den Betrieb"), 66_000, .4,
    ),
    Profession(
        "DevOps Engineer", "DevOps Engineer", ("Technology", "Software", "Engineering"),
        ("Kubernetes", "Docker", "Terraform", "Linux", "AWS", "CI/CD", "Ansible", "Monitoring", "Git", "Python",
         "Azure", "IT Security"),
        ("run our cloud platform", "automate deployments", "improve monitoring and incident response"),
        ("Du betreibst unsere Cloud-Plattform", "Du automatisierst Deployments"), 69_000, .5,
    ),
    Profession(
        "Frontend Developer", "Frontend-Entwickler", ("Technology", "Software", "Art & Design"),
        ("JavaScript", "TypeScript", "React", "HTML", "CSS", "Vue.js", "Git", "Accessibility", "REST APIs", "UX Design",
         "Responsive Design"),
        ("build user interfaces", "work closely with design", "care for accessibility and speed"),
        ("Du entwickelst Benutzeroberflächen", "Du arbeitest eng mit dem Design zusammen"), 58_000, .5,
    ),
    Profession(
        "IT Support Specialist", "IT-Supporter", ("Technology", "Customer Service & Support"),
        ("IT Support", "Windows Server", "Troubleshooting", "Microsoft Office", "Networking", "Customer Service", "ITIL",
         "Active Directory", "Hardware"),
        ("answer requests of our users", "set up workplaces", "document solutions"),
        ("Sie beantworten Anfragen der Anwender", "Sie richten Arbeitsplätze ein"), 42_000, .8,
    ),
    Profession(
        "Registered Nurse", "Gesundheits- und Krankenpfleger", ("Healthcare", "Social Services"),
        ("Nursing", "Patient Care", "Medication Administration", "Care Documentation", "Basic Care", "Treatment Care",
         "Vital Signs Monitoring", "Hygiene", "Empathy", "Teamwork"),
        ("care for patients on the ward", "give medication as prescribed", "document the care given"),
        ("Sie versorgen Patientinnen und Patienten auf der Station", "Sie dokumentieren die Pflege"), 41_000, .95,
    ),
    Profession(
        "Geriatric Nurse", "Altenpfleger", ("Healthcare", "Social Services"),
        ("Elderly Care", "Basic Care", "Treatment Care", "Care Documentation", "Empathy", "Teamwork", "Wound Care",
         "Medication Administration", "Reliability"),
        ("support residents in daily life", "plan and document care", "talk with relatives"),
        ("Sie unterstützen Bewohner im Alltag", "Sie planen und dokumentieren die Pflege"), 39_000, .97,
    ),
    Profession(
        "Physiotherapist", "Physiotherapeut", ("Healthcare", "Sports & Recreation"),
        ("Physiotherapy", "Patient Care", "Fitness Training", "Treatment Planning", "Communication", "Documentation"),
        ("treat patients of all ages", "draw up therapy plans"),
        ("Sie behandeln Patienten jeden Alters", "Sie erstellen Therapiepläne"), 38_000, .95,
    ),
    Profession(
        "Warehouse Worker", "Fachkraft für Lagerlogistik", ("Logistics", "Transportation"),
        ("Order Picking", "Forklift Driving", "Warehouse Management", "Goods Receipt", "Shipping", "Inventory Management",
         "Reliability", "Teamwork", "Physical Fitness"),
        ("pick and pack orders", "book goods in and out", "load lorries"),
        ("Sie kommissionieren Aufträge", "Sie buchen Waren ein und aus"), 32_000, .95,
    ),
    Profession(
        "Transport Planner", "Disponent", ("Logistics", "Transportation", "Administrative"),
        ("Transport Planning", "Logistics", "SAP", "Microsoft Office", "Communication", "Customer Service",
         "Route Planning", "English"),
        ("plan tours and drivers", "keep customers informed", "watch costs and times"),
        ("Sie planen Touren und Fahrer", "Sie halten Kunden auf dem Laufenden"), 42_000, .9,
    ),
    Profession(
        "Sales Manager", "Vertriebsmitarbeiter", ("Sales", "Customer Service & Support"),
        ("B2B Sales", "Customer Acquisition", "Negotiation", "CRM", "Key Account Management", "Presentation",
         "Communication", "Salesforce", "German"),
        ("win new customers", "look after key accounts", "prepare offers"),
        ("Sie gewinnen neue Kunden", "Sie betreuen Großkunden"), 52_000, .75,
    ),
    Profession(
        "Retail Sales Assistant", "Verkäufer", ("Retail", "Sales", "Customer Service & Support"),
        ("Customer Consulting", "Cash Handling", "Merchandising", "Sales", "Customer Orientation", "Teamwork",
         "Inventory Management"),
        ("advise customers", "run the till", "present the goods"),
        ("Sie beraten Kunden", "Sie kassieren und präsentieren Waren"), 29_000, .95,
    ),
    Profession(
        "HR Manager", "Personalreferent", ("Human Resources", "Administrative"),
        ("Recruiting", "HR Administration", "Labour Law", "Onboarding", "Employee Relations", "Payroll", "Microsoft Office",
         "Communication", "Personnel Development", "SAP HCM"),
        ("fill open positions", "advise managers", "run onboarding"),
        ("Sie besetzen offene Stellen", "Sie beraten Führungskräfte"), 54_000, .8,
    ),
    Profession(
        "Accountant", "Finanzbuchhalter", ("Finance & Accounting", "Administrative"),
        ("Accounting", "Accounts Payable", "Accounts Receivable", "DATEV", "Financial Statements", "Tax", "Microsoft Excel",
         "SAP", "Attention to Detail", "Invoicing"),
        ("keep the ledgers", "prepare monthly and annual statements", "check invoices"),
        ("Sie führen die Finanzbuchhaltung", "Sie bereiten Monats- und Jahresabschlüsse vor"), 48_000, .9,
    ),
    Profession(
        "Controller", "Controller", ("Finance & Accounting", "Management & Leadership"),
        ("Controlling", "Budgeting", "Financial Analysis", "Microsoft Excel", "SAP", "Reporting", "Forecasting", "Power BI",
         "Analytical Thinking"),
        ("prepare reports and forecasts", "analyse deviations", "advise management"),
        ("Sie erstellen Berichte und Prognosen", "Sie analysieren Abweichungen"), 62_000, .75,
    ),
    Profession(
        "Mechanical Design Engineer", "Konstrukteur Maschinenbau", ("Engineering", "Manufacturing"),
        ("CAD", "SolidWorks", "Mechanical Design", "Technical Drawing", "CATIA", "Project Management", "ANSYS",
         "Quality Management", "Teamwork"),
        ("design components and assemblies", "prepare drawings and parts lists", "support production"),
        ("Sie konstruieren Bauteile und Baugruppen", "Sie erstellen Zeichnungen und Stücklisten"), 56_000, .85,
    ),
    Profession(
        "Electrician", "Elektroniker", ("Trades", "Construction", "Engineering"),
        ("Electrical Installation", "PLC", "Troubleshooting", "Maintenance", "Occupational Safety", "Electronics",
         "Driving Licence", "Teamwork"),
        ("install electrical systems", "find and mend faults", "maintain machines"),
        ("Sie installieren elektrische Anlagen", "Sie suchen und beheben Fehler"), 40_000, .97,
    ),
    Profession(
        "Plumber and Heating Fitter", "Anlagenmechaniker SHK", ("Trades", "Construction"),
        ("Heating Systems", "Plumbing", "Maintenance", "Customer Service", "Driving Licence", "Power Tools", "Welding"),
        ("install heating and bathrooms", "service customers' systems"),
        ("Sie installieren Heizungen und Bäder", "Sie warten Anlagen beim Kunden"), 38_000, .98,
    ),
    Profession(
        "Construction Manager", "Bauleiter", ("Construction", "Management & Leadership", "Engineering"),
        ("Construction Management", "Project Management", "Civil Engineering", "Building Regulations", "Budgeting",
         "Negotiation", "Team Leadership", "Occupational Safety"),
        ("run building sites", "watch dates, cost and quality", "lead the trades on site"),
        ("Sie leiten Baustellen", "Sie überwachen Termine, Kosten und Qualität"), 60_000, .92,
    ),
    Profession(
        "Kindergarten Teacher", "Erzieher", ("Education", "Social Services"),
        ("Early Childhood Education", "Empathy", "Parent Communication", "Teamwork", "Creativity", "Lesson Planning",
         "Reliability"),
        ("care for children from one to six", "plan activities", "talk with parents"),
        ("Sie betreuen Kinder von eins bis sechs", "Sie planen pädagogische Angebote"), 38_000, .98,
    ),
    Profession(
        "Legal Counsel", "Unternehmensjurist", ("Legal", "Consulting"),
        ("Contract Law", "Corporate Law", "Labour Law", "Compliance", "Data Protection", "Negotiation", "Legal Advice",
         "English"),
        ("draft and review contracts", "advise the business", "handle disputes"),
        ("Sie gestalten und prüfen Verträge", "Sie beraten die Fachbereiche"), 75_000, .7,
    ),
    Profession(
        "Online Marketing Manager", "Online-Marketing-Manager", ("Marketing", "Creative & Media"),
        ("Online Marketing", "SEO", "SEA", "Google Analytics", "Social Media", "Content Marketing", "Copywriting",
         "E-Mail Marketing", "Analytical Thinking"),
        ("plan campaigns", "manage budgets", "measure and improve results"),
        ("Du planst Kampagnen", "Du misst und verbesserst Ergebnisse"), 47_000, .7,
    ),
    Profession(
        "UX Designer", "UX-Designer", ("Art & Design", "Technology", "Creative & Media"),
        ("UX Design", "UI Design", "Figma", "Prototyping", "User Research", "Wireframing", "Web Design", "Accessibility"),
        ("run interviews and tests", "design flows and screens", "look after the design system"),
        ("Du führst Interviews und Tests durch", "Du gestaltest Abläufe und Oberflächen"), 57_000, .5,
    ),
    Profession(
        "Cook", "Koch", ("Food & Beverage", "Hospitality"),
        ("Cooking", "HACCP", "Teamwork", "Food Preparation", "Stress Resistance", "Creativity", "Purchasing"),
        ("prepare fresh dishes", "keep hygiene standards"),
        ("Sie bereiten frische Speisen zu", "Sie achten auf Hygiene"), 31_000, .93,
    ),
    Profession(
        "Project Manager", "Projektmanager", ("Management & Leadership", "Consulting", "Technology"),
        ("Project Management", "Stakeholder Management", "Agile", "Scrum", "Budgeting", "Risk Management", "JIRA",
         "Communication", "Team Leadership"),
        ("plan and steer projects", "keep stakeholders informed", "manage risks"),
        ("Sie planen und steuern Projekte", "Sie halten alle Beteiligten informiert"), 64_000, .6,
    ),
)  # fmt: skip

# Town, region (None where the vendor gives none), latitude, longitude, share of the market.
TOWNS: tuple[tuple[str, str | None, float, float, int], ...] = (
    ("Berlin", None, 52.52, 13.405, 16), ("Hamburg", None, 53.55, 9.993, 12), ("Munich", "Bavaria", 48.137, 11.575, 13),
    ("Cologne", "North Rhine-Westphalia", 50.938, 6.96, 8), ("Frankfurt", "Hesse", 50.111, 8.682, 8),
    ("Stuttgart", "Baden-Württemberg", 48.776, 9.183, 7), ("Düsseldorf", "North Rhine-Westphalia", 51.228, 6.773, 6),
    ("Leipzig", "Saxony", 51.34, 12.375, 5), ("Dresden", "Saxony", 51.05, 13.737, 4),
    ("Nuremberg", "Bavaria", 49.452, 11.077, 4), ("Hanover", "Lower Saxony", 52.376, 9.732, 4),
    ("Bremen", "Bremen", 53.079, 8.801, 3), ("Freiburg", "Baden-Württemberg", 47.999, 7.842, 2),
    ("Kiel", "Schleswig-Holstein", 54.323, 10.123, 2), ("Erfurt", "Thuringia", 50.985, 11.03, 2),
    ("Rostock", "Mecklenburg-Western Pomerania", 54.092, 12.099, 2), ("Mainz", "Rhineland-Palatinate", 49.993, 8.247, 2),
)  # fmt: skip

COMPANY_HEADS = (
    "Nordlicht", "Isartal", "Elbwerk", "Rheinbogen", "Havelland", "Alpenblick", "Kranich", "Lindenhof", "Sternberg",
    "Falkenau", "Morgentau", "Birkenfeld", "Seebruck", "Wiesengrund", "Steinbach", "Talheim", "Auental", "Brunnthal",
    "Kirschbaum", "Hohenfels",
)  # fmt: skip
COMPANY_TAILS = (
    "GmbH", "AG", "GmbH & Co. KG", "Group", "Digital GmbH", "Service GmbH", "Klinikum gGmbH", "Technik GmbH", "SE",
    "Logistik GmbH", "Consulting GmbH", "Systems GmbH",
)  # fmt: skip
SOURCES = (
    ("join.com", 26), ("successfactors", 19), ("smartrecruiters", 14), ("personio", 13), ("workday", 9),
    ("greenhouse", 7), ("softgarden", 6), ("teamtailor", 3), ("oraclecloud", 3),
)  # fmt: skip
BENEFITS = (
    "30 days of vacation", "Flexible working hours", "Company pension", "Job ticket", "Bike leasing", "Home office",
    "Further training", "Health programmes", "Canteen", "Free drinks", "Employee discounts",
)  # fmt: skip
