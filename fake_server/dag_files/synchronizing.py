"""Keeps a deployment's DAGs as its DAG folder has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fake_server.airflow.dags import DAG
from fake_server.airflow.deployment import Airflow
from fake_server.dag_files.ignore_files import IGNORE_FILE, IgnoreRules
from fake_server.dag_files.modules import Modules
from fake_server.dag_files.reading import ReadFile, may_hold_dags, read_dag_file
from fake_server.dag_files.sources import DagSource, Directory
from fake_server.dag_files.surroundings import ReadVariables, Surroundings, every_module

#: Reads all files of a folder at once: their bytes by path, and the folder as Airflow names it.
FolderParser = Callable[[Mapping[str, bytes], str, Airflow], "list[ReadFile]"]


class DagFileWarning(UserWarning):
    """A file of the DAG folder is passed over, though Airflow would not do so."""


@dataclass(frozen=True)
class Changes:
    """What a look at the DAG folder changed: the files read anew, and the ids of DAGs that are gone."""

    files_read: tuple[str, ...] = ()
    dags_gone: tuple[str, ...] = ()
    import_errors: Mapping[str, str] = field(default_factory=dict)
    #: Those of the files read that nobody knew before, and the files that hold no DAGs any more or are gone.
    files_new: tuple[str, ...] = ()
    files_gone: tuple[str, ...] = ()
    #: The DAGs that each of the files read has now.
    dag_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def error_of(self, path: str) -> str | None:
        """Why that file cannot be imported; None when it can."""
        return next((text for fileloc, text in self.import_errors.items() if fileloc.endswith(f"/{path}")), None)


@dataclass
class _KnownFile:
    """What is known of a DAG file since it was last read."""

    fingerprint: Hashable
    modules: frozenset[str] = frozenset()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    dag_ids: tuple[str, ...] = ()
    fileloc: str = ""


class DagFolder:
    """The DAG folder of one deployment. :meth:`sync` brings the deployment up to date with it.

    ``is_importable`` tells whether a top-level module that the folder does not have can be imported; files that import
    one that cannot have an import error. ``parse`` reads the files in place of the reader of this package.
    """

    def __init__(
        self,
        source: DagSource,
        *,
        is_importable: Callable[[str], bool] = every_module,
        parse: FolderParser | None = None,
    ) -> None:
        self.source = source
        self._is_importable = is_importable
        self._parse = parse
        self._fingerprints: Mapping[str, Hashable] = {}
        self._contents: dict[str, bytes] = {}
        self._known: dict[str, _KnownFile] = {}
        #: The deployment's DAGs at the last look: other ones when it was emptied meanwhile.
        self._dags: object = None

    def sync(self, airflow: Airflow) -> Changes:
        """Read what has changed since the last time; call it inside ``airflow.session()``.

        A DAG whose file no longer has it is deactivated, as Airflow does. Nothing is done, at the cost of listing the
        files, when nothing has changed.

        :raises DagFolderError: when the files cannot be read.
        """
        if self._dags is not airflow.dags:
            self._fingerprints, self._known, self._dags = {}, self._known_before(airflow), airflow.dags
        fingerprints = self.source.fingerprints()
        changed = {path for path in fingerprints if fingerprints[path] != self._fingerprints.get(path)}
        gone = self._fingerprints.keys() - fingerprints.keys()
        gone |= self._known.keys() - fingerprints.keys()
        if not changed and not gone and not self._variables_changed(airflow):
            return Changes()
        for path in changed:
            if path.endswith(".zip"):
                warnings.warn(f"{path}: DAGs in zip files are not read.", DagFileWarning, stacklevel=2)
            else:
                self._contents[path] = self.source.content(path)
        for path in gone:
            self._contents.pop(path, None)
        self._fingerprints = dict(fingerprints)
        return self._update(airflow, changed | gone)

    def _known_before(self, airflow: Airflow) -> dict[str, _KnownFile]:
        """The files that another process has read for this deployment: they may be gone by now."""
        folder = _folder_in(airflow)
        return {
            path: _KnownFile(None, dag_ids=dag_ids, fileloc=f"{folder}/{path}")
            for path, dag_ids in airflow.files_read.get(self.source.name, {}).items()
        }

    def _update(self, airflow: Airflow, touched: set[str]) -> Changes:
        folder = _folder_in(airflow)
        known_before = set(self._known)
        dag_files = self._dag_files(airflow)
        if self._parse is not None:
            stale = dag_files
            results = {
                result.fileloc.removeprefix(f"{folder}/"): result
                for result in self._parse(self._contents, folder, airflow)
            }
        else:
            stale = [path for path in dag_files if self._is_stale(path, touched, airflow)]
            results = {path: self._read(path, folder, airflow) for path in stale}
        removed = [path for path in self._known if path not in dag_files]
        new = [path for path in stale if path not in known_before]
        before = {dag_id for path in (*stale, *removed) for dag_id in self._dag_ids(path)}
        for path in removed:
            airflow.import_errors.pop(self._known.pop(path).fileloc, None)
        errors: dict[str, str] = {}
        for path, result in sorted(results.items()):
            self._store(airflow, path, result, errors)
        after = {dag_id for known in self._known.values() for dag_id in known.dag_ids}
        lost = sorted(before - after)
        for dag_id in lost:
            if dag_id in airflow.dags:
                airflow.deactivate_dag(airflow.dags[dag_id])
        airflow.files_read[self.source.name] = {path: known.dag_ids for path, known in self._known.items()}
        dag_ids = {path: self._dag_ids(path) for path in stale}
        return Changes(tuple(sorted(stale)), tuple(lost), errors, tuple(sorted(new)), tuple(sorted(removed)), dag_ids)

    def _dag_ids(self, path: str) -> tuple[str, ...]:
        return self._known[path].dag_ids if path in self._known else ()

    def _dag_files(self, airflow: Airflow) -> list[str]:
        """The files that Airflow looks into, in the order of their names."""
        texts = {
            path: content.decode("utf-8", "replace")
            for path, content in self._contents.items()
            if path.rpartition("/")[2] == IGNORE_FILE
        }
        rules = IgnoreRules(texts, airflow.config.get("core", "dag_ignore_file_syntax"))
        is_safe = airflow.config.boolean("core", "dag_discovery_safe_mode")
        return sorted(
            path
            for path, content in self._contents.items()
            if path.endswith(".py") and not rules.ignores(path) and (not is_safe or may_hold_dags(content))
        )

    def _is_stale(self, path: str, touched: set[str], airflow: Airflow) -> bool:
        known = self._known.get(path)
        return (
            known is None
            or known.fingerprint != self._fingerprints[path]
            or not touched.isdisjoint(known.modules)
            or _differ(known.variables, airflow)
        )

    def _variables_changed(self, airflow: Airflow) -> bool:
        return any(_differ(known.variables, airflow) for known in self._known.values())

    def _read(self, path: str, folder: str, airflow: Airflow) -> ReadFile:
        surroundings = Surroundings.of(airflow, self._is_importable)
        surroundings = replace(surroundings, variables=ReadVariables(surroundings.variables))
        modules = Modules({place: text for place, text in self._contents.items() if place.endswith(".py")}, folder)
        result = read_dag_file(self._contents[path], f"{folder}/{path}", modules, surroundings)
        self._known.setdefault(path, _KnownFile(None)).modules = frozenset(modules.asked)
        self._known[path].variables = dict(surroundings.variables.seen)
        return result

    def _store(self, airflow: Airflow, path: str, result: ReadFile, errors: dict[str, str]) -> None:
        known = self._known.setdefault(path, _KnownFile(None))
        known.fingerprint, known.fileloc = self._fingerprints.get(path), result.fileloc
        error = result.import_error
        own: list[DAG] = []
        for dag in result.dags:
            other = next(
                (place for place, file in self._known.items() if place != path and dag.dag_id in file.dag_ids), None
            )
            if other is None:
                own.append(dag)
            else:
                where = self._known[other].fileloc
                error = (
                    f"AirflowDagDuplicatedIdException: Ignoring DAG {dag.dag_id} from {result.fileloc} - "
                    f"also found in {where}"
                )
        if error is None:
            airflow.import_errors.pop(result.fileloc, None)
        if error is not None and not own:
            # What the file held before it broke stays as it was, marked.
            for dag_id in known.dag_ids:
                if dag_id in airflow.dags:
                    airflow.dags[dag_id].has_import_errors = True
        else:
            for dag in own:
                dag.has_import_errors = error is not None
                airflow.add_dag(dag)
            known.dag_ids = tuple(dag.dag_id for dag in own)
        if error is not None:
            airflow.import_errors[result.fileloc] = errors[result.fileloc] = error


def load_dag_folder(airflow: Airflow, path: str | Path, *, parse: FolderParser | None = None) -> DagFolder:
    """Put the DAGs of the folder at ``path`` into ``airflow``, and from now on follow what changes in it.

    :raises DagFolderError: when there is no such folder, or it cannot be read.
    """
    folder = DagFolder(Directory(path), parse=parse)
    airflow.before_sessions(folder.sync)
    with airflow.session():
        return folder


def _folder_in(airflow: Airflow) -> str:
    """The DAG folder as Airflow names it."""
    return airflow.config.get("core", "dags_folder").rstrip("/")


def _differ(variables: Mapping[str, str | None], airflow: Airflow) -> bool:
    for key, value in variables.items():
        found = airflow.variables.find(key)
        if (found.value if found is not None else None) != value:
            return True
    return False
