"""What can be seen from outside: streams looked at, metrics, health over HTTP, traces.

Nothing here changes what is watched. The libraries that only some of it needs are extras, imported by one module each.
"""
