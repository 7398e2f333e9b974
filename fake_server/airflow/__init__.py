"""One Airflow deployment as plain Python objects: no HTTP, no AWS, no argument parser."""
