"""Layers: the hypotheses after one packet, each with its least cost and how it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tcpmc.checks.conform.hypothesis import Cost, Hypothesis, Note
from tcpmc.checks.conform.receiving import Branch


@dataclass(slots=True, eq=False)
class Node:
    """A hypothesis after some packet, its least cost, and the steps that reach it at that cost."""

    hypothesis: Hypothesis
    cost: Cost
    before: list[tuple[Node | None, tuple[Note, ...]]] = field(default_factory=list)


Layer = dict[Hypothesis, Node]


def add(layer: Layer, origin: Node | None, branch: Branch) -> Node | None:
    """Put a branch into a layer; the node if it is new there or has become cheaper."""
    hypothesis, extra, notes = branch
    cost = extra if origin is None else origin.cost.plus(extra)
    node = layer.get(hypothesis)
    if node is None:
        node = layer[hypothesis] = Node(hypothesis, cost, [(origin, notes)])
        return node
    if cost < node.cost:
        node.cost = cost
        node.before = [(origin, notes)]
        return node
    if cost == node.cost and origin is not node:
        node.before.append((origin, notes))
    return None


def without_dominated(layer: Layer) -> Layer:
    """The layer without hypotheses that cost more than another which can do all that they can: it
    may send as many ACKs, owes none sooner, and is otherwise the same. They are on no cheapest
    explanation."""
    found: dict[Hypothesis, list[Node]] = {}
    for node in layer.values():
        alike = replace(node.hypothesis, credits=0, due=None, resent=False)
        found.setdefault(alike, []).append(node)
    if len(found) == len(layer):
        return layer
    return {
        node.hypothesis: node
        for nodes in found.values()
        for node in nodes
        if not any(_dominates(other, node) for other in nodes)
    }


def _dominates(better: Node, node: Node) -> bool:
    one, other = better.hypothesis, node.hypothesis
    later = one.due is None or (other.due is not None and other.due <= one.due)
    able = one.credits >= other.credits and later and one.resent >= other.resent
    return better.cost < node.cost and able


def paths(node: Node, members: set[int]) -> Iterator[tuple[Node, tuple[Note, ...]]]:
    """The steps from the layer before to a node: where each begins, and its notes in order."""
    for origin, notes in node.before:
        if origin is None:
            continue
        if id(origin) in members:
            yield origin, notes
        else:
            for first, earlier in paths(origin, members):
                yield first, (*earlier, *notes)
