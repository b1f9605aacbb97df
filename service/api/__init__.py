"""The published values for machines: JSON, CSV, XLSX and Parquet under /api/v1, and what the service tells of its own operation."""
