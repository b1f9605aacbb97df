"""How much Resonanz carries on two cores: requests, activities, people, and how soon it is there again."""
