"""Where students' code runs: a fork server in a sandbox, and the client that trusts nothing.

``tiers`` starts a server in the strongest sandbox the machine offers; ``server`` forks one
confined process a submission (``confine``), which runs its cells (``student``); ``client`` talks
to it step by step.
"""
