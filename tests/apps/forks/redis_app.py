"""Talks to Redis while it is imported: a pooled client, one with a connection of its own, and kombu's pools."""
import os
import threading

import kombu
import kombu.pools
import redis

from answers import application as answers

PATH = os.environ["REDIS"]
store = redis.Redis(unix_socket_path=PATH)
pinned = redis.Redis(unix_socket_path=PATH, single_connection_client=True)
one_at_a_time = threading.Lock()
broker = kombu.Connection(f"redis+socket://{PATH}")
queue = kombu.Queue("orders", kombu.Exchange("orders"), routing_key="orders")

OF_TEMPLATE = [store.client_id(), pinned.client_id()]
store.set("template", OF_TEMPLATE[0])
with kombu.pools.producers[broker].acquire(block=True) as producer:
    producer.publish({"n": -1}, routing_key="orders", declare=[queue])


def ask(first, count):
    wrong = 0
    for number in range(first, first + count):
        text = str(number).encode()
        wrong += store.echo(text) != text
        with one_at_a_time:
            wrong += pinned.echo(text) != text
    return wrong


def order(n):
    with kombu.pools.producers[broker].acquire(block=True) as producer:
        producer.publish({"n": n}, routing_key="orders", declare=[queue])


def orders():
    return store.llen("orders")


def living():
    clients = {int(client["id"]) for client in store.client_list()}
    with one_at_a_time:
        mine = {store.client_id(), pinned.client_id()}
    return [len(clients & set(OF_TEMPLATE)), len(mine & set(OF_TEMPLATE))]


application = answers(ask=ask, order=order, orders=orders, living=living)
