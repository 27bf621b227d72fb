"""What a figure depends on: processor, memory, load and versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from jobmatch_dagster.db.connection.engine import Database

# Instruction sets that decide how fast vectors and the model are.
_SETS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
_PACKAGES = ("jobmatch-dagster", "dagster", "numpy", "torch", "openvino", "sqlalchemy")


def machine_facts(database: Database) -> dict[str, str]:
    """The facts by name, each as text; what the system does not say is left out."""
    facts = {
        "processor": _processor("model name") or platform.processor(),
        "instruction sets": ", ".join(name for name in _SETS if name in _processor("flags").split()),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": _memory(),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
    with database.begin() as connection:
        facts["PostgreSQL"] = str(connection.exec_driver_sql("SHOW server_version").scalar_one())
    return {name: value for name, value in facts.items() if value}


def _processor(field: str) -> str:
    """A field of the first processor as Linux describes it; "" on another system."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), "")


def _memory() -> str:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return ""
    return f"{pages * size / 2**30:.0f} GiB"
