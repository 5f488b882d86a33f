"""Numbers that must not be the same in two workers, from generators that were all seeded while it was imported."""
import random
import secrets
import time
import uuid

import numpy

from answers import application as answers

random.seed(1)
numpy.random.seed(1)
own, old, new = random.Random(2), numpy.random.RandomState(3), numpy.random.default_rng(4)
drawn = [
    [random.random(), own.random(), float(numpy.random.random()), float(old.random()), float(new.random()), str(uuid.uuid4()), secrets.token_hex(8)]
]
drawn.clear()


def draw():
    """This worker's first numbers, the same at each call; slow, so that many calls at once meet all workers."""
    if not drawn:
        drawn.append(
            [random.random(), own.random(), float(numpy.random.random()), float(old.random()), float(new.random()), str(uuid.uuid4()), secrets.token_hex(8)]
        )
    time.sleep(0.3)
    return drawn[0]


application = answers(draw=draw)
