"""Tables: extract, format, map, shape, render; the public function is ``toolkit.report.table``."""
