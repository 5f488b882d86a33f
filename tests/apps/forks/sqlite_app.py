"""Writes to an SQLite file with an engine and with a plain connection that were both made while it was imported."""
import os
import sqlite3

import sqlalchemy
from sqlalchemy.pool import QueuePool

from answers import application as answers

PATH = os.environ["SQLITE"]
engine = sqlalchemy.create_engine(f"sqlite:///{PATH}", poolclass=QueuePool, pool_size=15, connect_args={"timeout": 30, "check_same_thread": False})
with engine.begin() as first:
    first.exec_driver_sql("pragma journal_mode = wal")
    first.exec_driver_sql("create table if not exists orders (number integer primary key, pid integer)")
plain = sqlite3.connect(PATH, check_same_thread=False)


def write(first, count):
    for number in range(first, first + count):
        with engine.begin() as connection:
            connection.exec_driver_sql("insert into orders values (?, ?)", (number, os.getpid()))
    return count


def use_plain():
    try:
        plain.execute("insert into orders values (-1, 0)")
    except sqlite3.DatabaseError as error:
        return str(error)


def state():
    with engine.connect() as connection:
        return [connection.exec_driver_sql("pragma integrity_check").scalar(), connection.exec_driver_sql("select count(*) from orders").scalar()]


application = answers(write=write, plain=use_plain, state=state)
