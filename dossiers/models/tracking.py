"""Budgets of public look-ups, in PostgreSQL so that a flushed cache does not open the door."""

from typing import ClassVar

from django.db import models


class LookupBudget(models.Model):
    """How many typed look-ups one network has made in one hour, for all codes or for one."""

    bucket = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["until"], name="lookup_budget_age")]

    def __str__(self) -> str:
        return self.bucket
