"""A Django project in one file, with the usual contrib apps and middleware, and a view that renders a template."""
from __future__ import annotations

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

settings.configure(
    SECRET_KEY="only for measuring",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib." + name for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }],
)
django.setup()

PAGE = engines["django"].from_string("""<!doctype html>
<title>{{ title }}</title>
<h1>{{ title|upper }}</h1>
<table>{% for row in rows %}
  <tr class="{% cycle 'odd' 'even' %}"><td>{{ row.number }}<td>{{ row.name }}<td>{{ row.price|floatformat:2 }}{% endfor %}
</table>
""")
ROWS = [{"number": number, "name": f"Thing <{number}>", "price": number * 1.25} for number in range(10)]


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE.render({"title": "Things", "rows": ROWS}, request))


urlpatterns = [path("", page)]
application = get_wsgi_application()
