"""The sizes of the benchmark: what every tool must count."""

SIZES = {  # (connections, capacity): states, transitions
    (1, 2): (35_376, 260_582),
    (1, 3): (594_644, 6_095_552),
    (2, 2): (1_288_099, 10_554_030),
    (1, 4): (6_000_224, 77_415_758),
    (3, 2): (17_586_088, 152_154_008),
}
