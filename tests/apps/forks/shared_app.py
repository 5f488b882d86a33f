"""Has a connection, a thread and a held lock when its workers are forked."""
import os
import socket
import threading

from answers import application as answers

link = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
lock = threading.Lock()
lock.acquire()
threading.Thread(target=threading.Event().wait, name="stock-keeper", daemon=True).start()


def use():
    try:
        link.sendall(b"x")
        return "sent"
    except OSError as error:
        return type(error).__name__


application = answers(use=use)
