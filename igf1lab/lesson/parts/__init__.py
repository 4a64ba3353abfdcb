"""The parts of each lesson: its explorers, prediction outcomes and data figures."""
