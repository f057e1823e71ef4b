"""Several questions at once: `claims/` about explanations of TCP, `explain/` for operators,
`compare` of two variants, `gallery` of known bugs.
"""
