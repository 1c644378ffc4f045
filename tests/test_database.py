"""What the models promise stands in the database: a migration that drops a column's index may take a partial one along, silently."""

from django.apps import apps
from django.db import connection


def test_every_constraint_and_index_of_the_models_is_in_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'i' UNION SELECT conname FROM pg_constraint"
        )
        standing = {row[0] for row in cursor.fetchall()}
    promised = {
        each.name: model._meta.label
        for model in apps.get_models()
        if model._meta.managed
        for each in (*model._meta.constraints, *model._meta.indexes)
    }
    assert len(promised) > 50
    assert {name: label for name, label in promised.items() if name not in standing} == {}
