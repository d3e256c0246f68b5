"""A second opinion on what bench --dump wrote: the network rebuilt from its config in PyTorch."""
