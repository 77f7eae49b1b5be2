"""What tests share: sites, benches, and the plan of the code."""
