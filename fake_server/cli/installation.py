"""Where MWAA has Airflow installed, as far as it shows in what commands print."""

from __future__ import annotations

from dataclasses import dataclass

from fake_server.versions import AirflowVersion

HOME = "/usr/local/airflow"
#: Named in log lines; nothing is ever written there.
TEMPORARY = "/tmp"  # noqa: S108 - only shown, never written to
#: The machine that commands run on: the web server's.
HOSTNAME = "ip-10-192-20-10.ec2.internal"
#: Shown in the place of the database's address, which on MWAA nobody gets to see.
DATABASE = "postgresql+psycopg2://adminuser:***@metadata-database:5432/AirflowMetadata"
#: The account that commands run under.
ACCOUNT = "airflow"


@dataclass(frozen=True)
class Installation:
    """The paths of one version: the ``airflow`` program, the installed packages, Python's own modules."""

    program: str
    packages: str
    standard_library: str

    @classmethod
    def of(cls, version: AirflowVersion) -> Installation:
        """Where ``version`` stands: for all users up to Python 3.7 (published log lines), later in the home folder."""
        root = "/usr/local" if version.python == "3.7" else f"{HOME}/.local"
        return cls(
            program=f"{root}/bin/airflow",
            packages=f"{root}/lib/python{version.python}/site-packages",
            standard_library=f"/usr/lib/python{version.python}",
        )
