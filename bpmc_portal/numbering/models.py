"""Number series: one row a series, locked until commit, so that numbers have no gap, no duplicate and no second life."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Series(models.Model):
    """The last number given out in one series. A database trigger lets it only grow and forbids deletion."""

    key = models.CharField(_("dãy số"), max_length=160, primary_key=True)
    last = models.PositiveBigIntegerField(_("số cuối đã cấp"))

    class Meta:
        verbose_name = _("dãy số")
        verbose_name_plural = _("dãy số")

    def __str__(self) -> str:
        return f"{self.key} → {self.last}"
