"""The shop's addresses."""
from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import include, path, re_path

urlpatterns = [
    path("", include("catalog.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    # For a sample: a shop with many visitors has lanner serve the folder that collectstatic fills.
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
]
