"""The published values as SQL views for Metabase, Superset and whatever else speaks to PostgreSQL: schema `resonanz_bi`."""
