"""What goes out: feedback pages, tables for the platforms, the class report."""
