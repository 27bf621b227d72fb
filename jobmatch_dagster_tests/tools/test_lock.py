"""The lock is stale when pyproject.toml or the installed packages say something else."""

from tools.lock import differences, installed, required


def test_a_lock_of_what_is_installed_is_fresh() -> None:
    present = installed(required())
    assert list(differences(present, present, same_platform=True)) == []


def test_a_stale_lock_names_each_package() -> None:
    present = installed(required())
    locked = {**present, "left-over": "1.0", "numpy": "1.0"}
    del locked["click"]
    found = "\n".join(differences(locked, present, same_platform=True))
    assert "click<9,>=8.5 is in pyproject.toml and not in the lock." in found
    assert f"click {present['click']} is installed and not in the lock." in found
    assert f"numpy is locked at 1.0; {present['numpy']} is installed." in found
    assert "in pyproject.toml; the lock has 1.0." in found
    assert "left-over is locked and nothing requires it." in found


def test_another_platform_may_need_other_packages() -> None:
    present = installed(required())
    assert list(differences({**present, "only-there": "1.0"}, present, same_platform=False)) == []
