"""The catalog's addresses."""
from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("products/<slug:slug>/order", views.order, name="order"),
    path("orders/", views.orders, name="orders"),
    path("api/products", views.api_products, name="api-products"),
]
