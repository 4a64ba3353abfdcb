"""What arrives: files from a learning platform, notebooks from strangers."""
