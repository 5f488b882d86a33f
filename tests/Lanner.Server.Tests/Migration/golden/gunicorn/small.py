wsgi_app = "shop:app"
