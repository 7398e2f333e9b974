"""Environments in a file, so that the next start goes on where the last one ended.

``file.py`` keeps rows of bytes in SQLite; ``objects.py`` makes bytes of the deployment's objects and objects of bytes;
``deployment_rows.py`` says which rows a deployment is; ``keeper.py`` writes what has changed, and has it all again.

Why objects, and not the requests that changed them: replayed requests would need tokens that are long expired, DAG
files as they were, and passwords in plain text, and a start would take longer every day. And why rows, and not one
piece: of ten thousand runs a request changes one.
"""
