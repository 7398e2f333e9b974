"""The DAG folder of an environment in S3: what stands under ``SourceBucketArn`` and ``DagS3Path`` in moto's S3."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_server.airflow.deployment import Airflow
    from fake_server.dag_files.synchronizing import DagFolder
    from fake_server.options import EnvironmentOptions

Settings = Callable[[], Mapping[str, Any]]


def bucket_of(arn: str) -> Any | None:
    """Moto's bucket of that ARN, in whichever account; None when there is none.

    Moto's S3 is not imported for this: as long as nobody has done so, there are no buckets.
    """
    models = sys.modules.get("moto.s3.models")
    if models is None:
        return None
    name = arn.rpartition(":")[2]
    place = models.s3_backends.bucket_accounts.get(name)
    if place is None:
        return None
    partition, account = place
    return models.s3_backends[account][partition].buckets.get(name)


class BucketFolder:
    """The files below an environment's ``DagS3Path``. ``settings`` gives the settings in force, which may change.

    A bucket that does not exist is an empty folder. An object is taken as changed when its ETag has changed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def name(self) -> str:
        return f"{self._settings()['SourceBucketArn']}/{self._prefix()}"

    def fingerprints(self) -> dict[str, Hashable]:
        prefix = self._prefix()
        return {key[len(prefix) :]: etag for key, etag in self._etags(prefix)}

    def content(self, path: str) -> bytes:
        from fake_server.dag_files.sources import DagFolderError

        bucket = bucket_of(self._settings()["SourceBucketArn"])
        found: Any = bucket.keys.get(self._prefix() + path) if bucket is not None else None
        if not hasattr(found, "etag"):
            raise DagFolderError(f"{self._prefix()}{path} has been removed from the bucket.")
        content: bytes = found.value
        return content

    def _prefix(self) -> str:
        path = str(self._settings()["DagS3Path"]).strip("/")
        return f"{path}/" if path else ""

    def _etags(self, prefix: str) -> Iterator[tuple[str, str]]:
        from fake_server.dag_files.sources import belongs_to_dags

        bucket = bucket_of(self._settings()["SourceBucketArn"])
        if bucket is None:
            return
        # A copy, since other threads may put objects meanwhile.
        for key in [key for key in list(bucket.keys) if key.startswith(prefix) and belongs_to_dags(key)]:
            # The latest version may be a delete marker, which has none.
            etag = getattr(bucket.keys.get(key), "etag", None)
            if etag is not None:
                yield key, etag


class BucketSync:
    """Keeps an environment's Airflow as its bucket has it, from the moment on when there is such a bucket."""

    def __init__(self, settings: Settings, options: EnvironmentOptions) -> None:
        self._settings = settings
        self._options = options
        self._folder: DagFolder | None = None

    def __call__(self, airflow: Airflow) -> None:
        if self._folder is None:
            if bucket_of(self._settings()["SourceBucketArn"]) is None:
                return
            from fake_server.dag_files.parsers import folder_of

            self._folder = folder_of(
                BucketFolder(self._settings),
                dag_parser=self._options.dag_parser,
                missing_modules=self._options.missing_modules,
            )
        self._folder.sync(airflow)
