"""Simulated people: they join by the forms and speak the protocol as any stranger could, from its documentation.

Nothing here knows Django or the database. Tests, `simulate`, `demo` and the measurements all use these people.
"""
