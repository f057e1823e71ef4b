"""REAL STACKS behind one wire: what touches a system, and nothing that judges it.

`stack` is the interface of a stack under test, and `datagram_codec` writes and reads what goes over
the wire. Adapters: `linux` (the kernel of this machine, by `namespaces` and `diagnostics`),
`command` (any program that speaks the protocol of docs/adapter.md; see `examples/`), and `lwip`
(the library, by a shim in C that speaks it). `named` finds one by what the user calls it.
"""
