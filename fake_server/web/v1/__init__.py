"""The stable REST API, ``/api/v1``: a table of operations, one pipeline that checks requests, one file per resource."""
