"""Connects to PostgreSQL in every way while it is imported, and asks for numbers that must come back to who has sent them."""
import os

import psycopg2
import psycopg2.pool
import psycopg_pool
import sqlalchemy

from answers import application as answers

THREADS = 15
engine = sqlalchemy.create_engine(
    "postgresql+psycopg2://postgres@/postgres", connect_args={"host": os.environ["POSTGRES"]}, pool_size=THREADS, max_overflow=0
)
address = f"host={os.environ['POSTGRES']} user=postgres dbname=postgres"
pool = psycopg2.pool.ThreadedConnectionPool(1, THREADS, address)
newer = psycopg_pool.ConnectionPool(address, min_size=1, max_size=2)
link = psycopg2.connect(address)  # nobody can make this one anew: it is cut off

QUESTION = "select %s, pg_backend_pid()"
with engine.connect() as first:
    of_engine = first.execute(sqlalchemy.text("select pg_backend_pid()")).scalar()
newer.wait()
OF_TEMPLATE = [of_engine, link.get_backend_pid(), pool._pool[0].get_backend_pid()]


def ask(first, count):
    """How many answers were not the asker's, or came over the template's connection."""
    wrong = 0
    for number in range(first, first + count):
        if number % 2:
            with engine.connect() as connection:
                got, backend = connection.exec_driver_sql(QUESTION, (number,)).one()
        else:
            connection = pool.getconn()
            try:
                with connection.cursor() as cursor:
                    cursor.execute(QUESTION, (number,))
                    got, backend = cursor.fetchone()
                connection.rollback()
            finally:
                pool.putconn(connection)
        wrong += got != number or backend in OF_TEMPLATE
    return wrong


def ask_newer(number):
    with newer.connection(timeout=20) as connection:
        return connection.execute("select %s::int", (number,)).fetchone()[0]


def use_link():
    try:
        link.cursor().execute("select 1")
    except psycopg2.Error as error:
        return type(error).__name__


def living():
    """How many of the template's sessions PostgreSQL still has."""
    with engine.connect() as connection:
        return connection.exec_driver_sql("select count(*) from pg_stat_activity where pid = any(%(pids)s)", {"pids": OF_TEMPLATE}).scalar()


application = answers(ask=ask, newer=ask_newer, link=use_link, living=living)
