"""What `make bench` and `make bench-grading` time."""
