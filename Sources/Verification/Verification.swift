// Verification: metrics, gates and reports.
