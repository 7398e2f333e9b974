"""Amazon MWAA's own endpoints below ``/aws_mwaa``."""
