"""Products, and the orders that take them from the stock."""
from __future__ import annotations

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.urls import reverse


class OutOfStock(Exception):
    """Fewer pieces are left than were ordered."""


class Product(models.Model):
    """Something on sale; prices are in cents."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    cents = models.PositiveIntegerField("price in cents")
    stock = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The product's page."""
        return reverse("product", args=[self.slug])

    @property
    def price(self) -> str:
        """The price as people write it."""
        return f"{self.cents // 100}.{self.cents % 100:02d}"

    def order(self, customer, quantity: int) -> Order:
        """Take pieces from the stock and note the order, both or neither; raises OutOfStock.

        The database counts, not this process: two orders at one time cannot sell the same piece.
        """
        with transaction.atomic():
            taken = Product.objects.filter(pk=self.pk, stock__gte=quantity).update(stock=F("stock") - quantity)
            if not taken:
                raise OutOfStock(self.name)
            return Order.objects.create(product=self, customer=customer, quantity=quantity, cents=self.cents * quantity)


class Order(models.Model):
    """Pieces of one product that a customer ordered."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField("total in cents")
    placed = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-placed", "-pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"
