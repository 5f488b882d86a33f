import waitress


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]


server = waitress.create_server(application, listen="*:8041 [::1]:8042", threads=8)
server.run()
