#!/usr/bin/env python
"""The door for commands."""

import os
import sys

# Matrices here are small: more threads than one only fight over the cores. Read when NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrorgame.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # One sentence for whoever starts it.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
