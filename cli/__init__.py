"""The commands of `tcpmc`, and the options that they share.

`main` is the entry point; `options`, `scope_options`, `run_options` and `outputs` are shared.
Pictures and pages are imported where one is asked for.
"""
