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
    from django.db import DatabaseError, DataError, IntegrityError, ProgrammingError

    # One sentence for whoever starts it.
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except (ProgrammingError, IntegrityError, DataError):
        # Ours to mend.
        raise
    except DatabaseError as error:
        from stories import ground

        # The pool only says that it waited; who knocks at the door hears why.
        sys.exit(str(ground.database() or ground.database_trouble(error)))


if __name__ == "__main__":
    main()
