"""Products and orders in Django's admin."""
from django.contrib import admin

from .models import Order, Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Products."""

    list_display = ["name", "cents", "stock"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders."""

    list_display = ["placed", "customer", "quantity", "product", "cents"]
    list_select_related = ["customer", "product"]
    date_hierarchy = "placed"
