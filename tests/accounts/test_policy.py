"""The policy: grants are Group × Unit, their dates are honoured by the query, and one gate serves every list."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bpmc_portal.accounts.models import Membership, Role, Unit, UnitGrant
from bpmc_portal.accounts.permissions import ROLE_PERMISSIONS, Principal, appoint, dismiss, may, units_where
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import Dossier, DossierShare
from tests.world import World


def test_may_and_units_where_agree_for_everyone_on_every_unit(world: World) -> None:
    codenames = {codename for codenames in ROLE_PERMISSIONS.values() for codename in codenames}
    for user in world.users.values():
        for codename in codenames:
            for unit in Unit.objects.order_by("pk"):
                assert may(user, codename, unit) == (unit.pk in units_where(user, codename))


def test_every_role_has_its_line_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)


def test_a_membership_gives_nothing_before_its_first_day_and_after_its_last(world: World) -> None:
    today = local_date()
    membership = Membership.objects.get(user=world.minh)
    membership.starts_on, membership.ends_on = today, today
    membership.save()
    held = [bool(Principal.of(world.minh, on=today + timedelta(days=days)).grants) for days in (-1, 0, 1)]
    assert held == [False, True, False]


def test_a_dismissed_officer_sees_nothing_on_the_next_request(world: World) -> None:
    dossier = world.received()
    assert Dossier.objects.visible_to(world.minh).filter(pk=dossier.pk).exists()
    dismiss(Membership.objects.get(user=world.minh), ends_on=local_date() - timedelta(days=1))
    again = type(world.minh).objects.get(pk=world.minh.pk)
    assert not Dossier.objects.visible_to(again).exists()
    assert not again.groups.exists()


def test_nobody_holds_one_role_of_one_unit_twice_at_a_time(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        appoint(world.minh, unit=world.agency, role=Role.OFFICER, starts_on=local_date())


def test_a_role_over_the_whole_tree_is_granted_on_every_unit_below(world: World) -> None:
    assert units_where(world.vanphong, "view_dossiers") == set(Unit.objects.values_list("pk", flat=True))
    assert units_where(world.minh, "view_dossiers") == {world.agency.pk}


def test_an_administrator_of_the_system_sees_no_dossier(world: World) -> None:
    world.received()
    assert not Dossier.objects.visible_to(world.quantri).exists()


def test_a_disabled_account_holds_nothing(world: World) -> None:
    world.minh.is_active = False
    assert Principal.of(world.minh).grants == {}


def test_a_citizen_sees_her_own_dossiers_and_no_other(world: World) -> None:
    from dossiers.services.commands import ApplicantInput

    mine = world.received()
    world.received(applicant=ApplicantInput("citizen", "001186012345", "Nguyễn Thị Minh Nguyệt"))
    assert list(Dossier.objects.visible_to(world.tu)) == [mine]


def test_a_share_ends_by_itself(world: World) -> None:
    from django.contrib.auth.models import Permission

    dossier = world.received()
    permission = Permission.objects.get(codename="view_dossier", content_type__app_label="dossiers")
    share = DossierShare.objects.create(
        user=world.binh,
        content_object=dossier,
        permission=permission,
        expires_at=timezone.now() + timedelta(hours=1),
        reason="Giải trình",
    )
    assert Dossier.objects.visible_to(world.binh).exists()
    DossierShare.objects.filter(pk=share.pk).update(expires_at=timezone.now())
    assert not Dossier.objects.visible_to(world.binh).exists()


def test_a_team_is_made_once_with_its_grants(world: World) -> None:
    before = UnitGrant.objects.count()
    dismiss(Membership.objects.get(user=world.minh), ends_on=local_date() - timedelta(days=1))
    appoint(world.minh, unit=world.agency, role=Role.OFFICER, starts_on=local_date())
    assert UnitGrant.objects.count() == before


def test_the_policy_costs_one_statement(world: World, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        Principal.of(world.ha)
    with django_assert_num_queries(0):  # type: ignore[operator]
        Principal.of(world.tu)
