"""The published values as an OData 4.0 feed under /odata/v1, read-only: for Power BI, Excel and whatever else speaks OData."""
