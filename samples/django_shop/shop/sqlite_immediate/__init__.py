"""Django's SQLite backend with BEGIN IMMEDIATE.

With a plain BEGIN, two transactions that first read and then write cannot both go on: one fails at once with
"database is locked", whatever the timeout. When the write lock is taken at the beginning, the second one waits.
"""
