"""`manage.py seed`: the admin user and some products; may be run again without harm."""
import os

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from catalog.models import Product

PRODUCTS = [
    ("Kettle", "kettle", 2900, 1000),
    ("Lamp", "lamp", 4550, 200),
    ("Chair", "chair", 12000, 40),
    ("Last umbrella", "umbrella", 1500, 1),
]


class Command(BaseCommand):
    """Fill an empty shop."""

    help = "Makes the admin user (SHOP_ADMIN, SHOP_ADMIN_PASSWORD) and some products where they are missing."

    @transaction.atomic
    def handle(self, *args, **options):
        """Make what is missing, leave what is there."""
        name = os.environ.get("SHOP_ADMIN", "admin")
        users = get_user_model().objects
        if not users.filter(username=name).exists():
            users.create_superuser(name, password=os.environ.get("SHOP_ADMIN_PASSWORD", "admin"))
            self.stdout.write(f"made the user {name}")
        for title, slug, cents, stock in PRODUCTS:
            defaults = {"name": title, "cents": cents, "stock": stock}
            _, made = Product.objects.get_or_create(slug=slug, defaults=defaults)
            if made:
                self.stdout.write(f"made the product {title}")
