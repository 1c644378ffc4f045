"""What the desk does: one public function an act."""
