"""For who runs the server: counts and states. Nothing can be changed here, and no story can be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from stories.models import Analysis, Job, Participant, Room, Telling


class LookOnly(admin.ModelAdmin):
    """Lists and single rows to look at."""

    shown: tuple[str, ...] = ()
    list_filter: tuple[str, ...] = ()

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.shown

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Room)
class RoomAdmin(LookOnly):
    shown = ("public_id", "phase", "version", "language", "screen", "created_at", "ended_at")
    list_filter = ("phase", "language")


@admin.register(Participant)
class ParticipantAdmin(LookOnly):
    shown = ("room_id", "number", "witness", "pair", "joined_at", "removed_at")


@admin.register(Telling)
class TellingAdmin(LookOnly):
    shown = ("room_id", "number", "source", "mode", "display", "rate_hz", "kept", "withdrawn_at")
    list_filter = ("source", "mode", "display")


@admin.register(Analysis)
class AnalysisAdmin(LookOnly):
    shown = ("telling_id", "engine", "complete", "made_at")


@admin.register(Job)
class JobAdmin(LookOnly):
    shown = ("task", "state", "attempts", "queued_at", "started_at", "done_at")
    list_filter = ("state", "task")
