"""Push notices to patients' applications (R104): what goes out (`sender`), the gateway (`gateway`), what it posts (`routes`)."""
