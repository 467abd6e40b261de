"""Great Expectations as the decision: its suites, its verdict, its pages."""
