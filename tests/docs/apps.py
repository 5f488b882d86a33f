"""Small apps that stand in for those that the docs name."""

SHOP = '''
import os

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}|{os.getcwd()}|{os.environ.get('MODE', '')}".encode()]

app = application

def create_app():
    return application

def make_app(settings):
    def themed(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [settings["theme"].encode()]
    return themed
'''
