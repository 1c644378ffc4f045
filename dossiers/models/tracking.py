"""Doors of the public: budgets of look-ups, in PostgreSQL so that a flushed cache opens nothing, and one-time codes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dossiers.models.dossier import Dossier


class LookupBudget(models.Model):
    """How many typed look-ups one network has made in one hour, for all codes or for one."""

    bucket = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["until"], name="lookup_budget_age")]

    def __str__(self) -> str:
        return self.bucket


class OneTimeCode(models.Model):
    """A code sent to the telephone on file; a keyed hash of it, and how often somebody has guessed."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="+")
    code_hash = models.BinaryField(max_length=32)
    sent_at = models.DateTimeField()
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["dossier", "-id"], name="one_time_code_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="one_time_code_tries_bounded")
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.sent_at}"
