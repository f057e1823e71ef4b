"""Claims about TCP as data, decided by the properties and formulas that they rest on."""
