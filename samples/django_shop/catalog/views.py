"""The shop's pages and its JSON."""
from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from .models import OutOfStock, Product


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All products."""
    return render(request, "catalog/index.html", {"products": Product.objects.all()})


@require_GET
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product and the form to order it."""
    return render(request, "catalog/product.html", {"product": get_object_or_404(Product, slug=slug)})


@login_required
@require_POST
def order(request: HttpRequest, slug: str) -> HttpResponse:
    """Order some pieces of a product."""
    wanted = get_object_or_404(Product, slug=slug)
    quantity = request.POST.get("quantity", "")
    if not quantity.isdecimal() or not 0 < int(quantity) <= 1000:
        return HttpResponse("quantity must be 1 to 1000\n", status=400, content_type="text/plain")
    try:
        wanted.order(request.user, int(quantity))
    except OutOfStock:
        messages.error(request, f"Not enough left of {wanted}.")
        return redirect(wanted)
    return redirect("orders")


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The visitor's own orders."""
    return render(request, "catalog/orders.html", {"orders": request.user.orders.select_related("product")[:100]})


@require_GET
def api_products(request: HttpRequest) -> JsonResponse:
    """Products as JSON, with what is left and what was sold."""
    found = Product.objects.annotate(sold=Sum("orders__quantity"))
    return JsonResponse({"products": [
        {"slug": item.slug, "name": item.name, "cents": item.cents, "stock": item.stock, "sold": item.sold or 0}
        for item in found
    ]})
