"""The desk: queue, counters, shifts and appointments of the offices."""
