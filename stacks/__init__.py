"""REAL STACKS behind one wire: what touches a system, and nothing that judges it.

`stack` is the interface of a stack under test, and `packets` are the datagrams that go over the
wire. Adapters: `linux` (the kernel of this machine, by `namespaces` and `diagnostics`), `command`
(any program that speaks the protocol of docs/adapter.md, in `examples/` in Python and in C), `lwip`
(a shim in C, compiled at first use). `named` finds one by what the user calls it.
"""
